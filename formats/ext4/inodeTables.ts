import { BLOCK_SIZE, INODE_SIZE } from "./constants";
import type { Geometry } from "./geometry";
import type { PlacedBytes } from "./placedBytes";

/** The inode tables' used part, one buffer a group. */
export class InodeTables {
  private readonly tables = new Map<number, Buffer>();

  constructor(
    private readonly geometry: Geometry,
    private readonly end: number,
  ) {}

  /** The 256 bytes of an inode. */
  at(inode: number): Buffer {
    const { inodesPerGroup } = this.geometry;
    const group = Math.floor((inode - 1) / inodesPerGroup);
    let table = this.tables.get(group);
    if (!table) {
      const used = Math.min(this.end - 1 - group * inodesPerGroup, inodesPerGroup);
      table = Buffer.alloc(Math.ceil((used * INODE_SIZE) / BLOCK_SIZE) * BLOCK_SIZE);
      this.tables.set(group, table);
    }
    const offset = ((inode - 1) % inodesPerGroup) * INODE_SIZE;
    return table.subarray(offset, offset + INODE_SIZE);
  }

  /** Every table that has an inode in use, with its place. */
  placed(): PlacedBytes[] {
    return [...this.tables].map(([group, bytes]) => ({
      offset: (this.geometry.groups[group]?.inodeTable ?? 0) * BLOCK_SIZE,
      bytes,
    }));
  }
}
