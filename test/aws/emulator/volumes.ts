import * as fs from "node:fs";
import * as path from "node:path";

import { AwsError } from "./awsError";
import { copyDisk, emptyDisk } from "./disks";
import type { KnownImage } from "./images";
import { itemsOf, setChild, textOf, type XmlElement } from "./xml";

/** What was asked for and moto does not keep. */
interface VolumeSettings {
  readonly throughput?: string;
  readonly iops?: string;
}

/** EBS volumes: their content as files, and settings. */
export class Volumes {
  private readonly settings = new Map<string, VolumeSettings>();
  private readonly contents = new Map<string, Promise<string>>();

  constructor(private readonly folder: string) {}

  /** Refuses what AWS refuses of a snapshot to make a volume from. */
  public static checkSnapshot(image: KnownImage, snapshotId: string, sizeGiB: number): void {
    if (image.isPending) {
      throw new AwsError("IncorrectState", `Snapshot is in invalid state - pending: ${snapshotId}`);
    }
    if (sizeGiB < image.sizeGiB) {
      throw new AwsError(
        "InvalidParameterValue",
        `Volume of ${sizeGiB}GiB is smaller than snapshot '${snapshotId}', expect size >= ${image.sizeGiB}GiB`,
      );
    }
  }

  public keepSettings(volumeId: string, settings: VolumeSettings): void {
    this.settings.set(volumeId, settings);
  }

  /** Begins to fill a volume; AWS does it in the background, too. */
  public create(volumeId: string, from: KnownImage | undefined, sizeGiB: number): void {
    const file = path.join(this.folder, `${volumeId}.img`);
    const fill = async (): Promise<string> => {
      if (from?.disk === undefined) emptyDisk(file, sizeGiB);
      else await copyDisk(from.disk, file, sizeGiB);
      return file;
    };
    const made = fill();
    made.catch(() => undefined);
    this.contents.set(volumeId, made);
  }

  /** File with the volume's content, once it is filled; undefined for one that was not made here. */
  public content(volumeId: string): Promise<string> | undefined {
    return this.contents.get(volumeId);
  }

  public remove(volumeId: string): void {
    void this.contents.get(volumeId)?.then((file) => fs.rmSync(file, { force: true }));
    this.contents.delete(volumeId);
  }

  /** Puts right what moto answers to DescribeVolumes. */
  public amend(answer: XmlElement): void {
    for (const item of itemsOf(answer, "volumeSet")) {
      const { throughput, iops } = this.settings.get(textOf(item, "volumeId")) ?? {};
      if (throughput) setChild(item, "throughput", throughput);
      if (iops) setChild(item, "iops", iops);
    }
  }
}
