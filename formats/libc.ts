/** What {@link libc} offers beyond Node's own API. Sizes and offsets are in bytes. */
export interface Libc {
  /** Offset of the next data at or after `offset`; -1 when only a hole follows. */
  seekData(fd: number, offset: number): number;
  /** Offset of the next hole at or after `offset`; the end of the file counts as one. */
  seekHole(fd: number, offset: number): number;
  /** NUL-terminated attribute names of a file, of the link itself if it is one. */
  listXattrs(path: Buffer): Buffer;
  /** Value of one attribute, of the link itself if the file is one. */
  getXattr(path: Buffer, name: Buffer): Buffer;
}

/** The part of koffi's API used here; koffi is optional, so its own types are not imported. */
interface Koffi {
  load(path: string): { func(declaration: string): (...args: unknown[]) => number | bigint };
  errno(): number;
  os: { errno: Record<string, number> };
}

const SEEK_DATA = 3;
const SEEK_HOLE = 4;
/** The kernel's limit for a list of names and for a value (XATTR_LIST_MAX, XATTR_SIZE_MAX). */
const XATTR_MAX = 65536;

function bind(koffi: Koffi): Libc {
  const library = koffi.load("libc.so.6");
  const lseek = library.func("int64_t lseek(int fd, int64_t offset, int whence)");
  const llistxattr = library.func(
    "int64_t llistxattr(const void *path, void *list, uint64_t size)",
  );
  const lgetxattr = library.func(
    "int64_t lgetxattr(const void *path, const void *name, void *value, uint64_t size)",
  );
  const { ENXIO, EOPNOTSUPP, ENODATA } = koffi.os.errno;
  const room = Buffer.alloc(XATTR_MAX);

  function failure(call: string, subject: string): Error {
    const code = koffi.errno();
    const name = Object.entries(koffi.os.errno).find(([, value]) => value === code)?.[0];
    return new Error(`${call} of ${subject} failed with ${name ?? `errno ${code}`}`);
  }

  function seek(fd: number, offset: number, whence: number): number {
    const found = Number(lseek(fd, offset, whence));
    if (found < 0 && koffi.errno() !== ENXIO) throw failure("lseek", `descriptor ${fd}`);
    return found;
  }

  const terminated = (path: Buffer): Buffer => Buffer.concat([path, Buffer.alloc(1)]);

  return {
    seekData: (fd, offset) => seek(fd, offset, SEEK_DATA),
    seekHole: (fd, offset) => seek(fd, offset, SEEK_HOLE),
    listXattrs: (path) => {
      const length = Number(llistxattr(terminated(path), room, XATTR_MAX));
      if (length >= 0) return Buffer.from(room.subarray(0, length));
      if (koffi.errno() === EOPNOTSUPP) return Buffer.alloc(0);
      throw failure("llistxattr", path.toString());
    },
    getXattr: (path, name) => {
      const length = Number(lgetxattr(terminated(path), terminated(name), room, XATTR_MAX));
      if (length >= 0) return Buffer.from(room.subarray(0, length));
      if (koffi.errno() === ENODATA) return Buffer.alloc(0);
      throw failure("lgetxattr", `${name.toString()} of ${path.toString()}`);
    },
  };
}

let loaded: Libc | null | undefined;

/**
 * The C library through koffi, or null where koffi or glibc cannot be loaded. Loaded at the first
 * call and kept; callers have a slower way without it.
 */
export function libc(): Libc | null {
  if (loaded === undefined) {
    try {
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- optional, loaded late
      loaded = bind(require("koffi") as Koffi);
    } catch {
      loaded = null;
    }
  }
  return loaded;
}
