import * as path from "node:path";

import { copyDisk } from "./disks";
import type { EmulatedInstance } from "./instances";
import type { Query } from "./query";
import { stockImages } from "./stockImages";
import type { Upstream } from "./upstream";
import { childOf, itemsOf, setChild, textOf, type XmlElement } from "./xml";

/** An image as the emulator knows it, beyond what moto does. */
export interface KnownImage {
  readonly user: string;
  readonly architecture: string;
  readonly rootDeviceName: string;
  readonly sizeGiB: number;
  /** What it boots from; none for a stock image, whose instances run over this machine's own system. */
  readonly disk: string | undefined;
  /** Whether instances with a role run over this machine's system all the same. */
  readonly exceptWorkers?: boolean;
  readonly snapshotId: string | undefined;
  isPending: boolean;
  deprecated?: string;
}

/** Images and snapshots: what they hold, and when they can be used. */
export class Images {
  private readonly images = new Map<string, KnownImage>();

  constructor(
    private readonly upstream: Upstream,
    private readonly folder: string,
    /** Seconds that an image is pending at least. */
    private readonly pendingSeconds: number,
  ) {
    for (const { id, user, architecture, rootDeviceName, sizeGiB } of stockImages) {
      const facts = { user, architecture, rootDeviceName, sizeGiB };
      this.images.set(id, { ...facts, disk: undefined, snapshotId: undefined, isPending: false });
    }
  }

  public get(id: string): KnownImage | undefined {
    return this.images.get(id);
  }

  public bySnapshot(snapshotId: string): KnownImage | undefined {
    return [...this.images.values()].find((image) => image.snapshotId === snapshotId);
  }

  /** Gives a stock image a disk of its own to boot from; its snapshot then holds the same. */
  public async giveDisk(
    id: string,
    disk: string,
    sizeGiB: number,
    exceptWorkers: boolean,
  ): Promise<void> {
    const image = this.images.get(id);
    if (image === undefined) throw new Error(`there is no stock image ${id}`);
    const snapshotId = await this.snapshotOf(id);
    this.images.set(id, { ...image, disk, sizeGiB, exceptWorkers, snapshotId });
  }

  /**
   * Takes note of an image that moto has just made, and fills it: moto's own is always 15 GiB and empty.
   * Unless asked not to, the instance is restarted for it, as AWS does it.
   */
  public async add(id: string, query: Query, instance: EmulatedInstance): Promise<void> {
    const { args } = instance;
    const source = this.images.get(args.imageId);
    if (source === undefined) throw new Error(`instance of an unknown image ${args.imageId}`);
    const disk = path.join(this.folder, `${id}.img`);
    const image = {
      ...source,
      exceptWorkers: false,
      sizeGiB: args.rootGiB,
      disk,
      snapshotId: await this.snapshotOf(id),
      isPending: true,
    };
    this.images.set(id, image);
    const tags = Object.entries(query.tagsFor("snapshot"));
    if (tags.length > 0) {
      const parameters = { "ResourceId.1": image.snapshotId };
      for (const [index, [key, value]] of tags.entries()) {
        Object.assign(parameters, {
          [`Tag.${index + 1}.Key`]: key,
          [`Tag.${index + 1}.Value`]: value,
        });
      }
      await this.upstream.ask("ec2", "CreateTags", parameters);
    }
    void this.fill(image, instance, query.get("NoReboot") !== "true");
  }

  private async fill(image: KnownImage, instance: EmulatedInstance, stop: boolean): Promise<void> {
    const least = new Promise((resolve) => setTimeout(resolve, this.pendingSeconds * 1000));
    await instance.whenReady();
    const { machine } = instance;
    const wasOn = machine?.isOn === true;
    if (wasOn) await (stop ? machine.stop() : machine.sync());
    await copyDisk(instance.diskFile, image.disk as string, image.sizeGiB);
    if (wasOn && stop && !instance.isEnding) machine.start();
    await least;
    image.isPending = false;
  }

  /** Puts right what moto answers to DescribeImages. */
  public amendImages(answer: XmlElement): void {
    for (const item of itemsOf(answer, "imagesSet")) {
      const image = this.images.get(textOf(item, "imageId"));
      if (image === undefined) continue;
      if (image.isPending) setChild(item, "imageState", "pending");
      if (image.deprecated !== undefined) setChild(item, "deprecationTime", image.deprecated);
      setChild(item, "architecture", image.architecture);
      setChild(item, "bootMode", image.architecture === "arm64" ? "uefi" : "uefi-preferred");
      setChild(item, "rootDeviceType", "ebs");
      setChild(item, "rootDeviceName", image.rootDeviceName);
      const snapshotId = textOf(
        itemsOf(item, "blockDeviceMapping")[0] ?? item,
        "ebs",
        "snapshotId",
      );
      setChild(item, "blockDeviceMapping", [
        {
          deviceName: image.rootDeviceName,
          ebs: {
            snapshotId,
            volumeSize: image.sizeGiB,
            deleteOnTermination: true,
            volumeType: "gp3",
            encrypted: false,
          },
        },
      ]);
    }
  }

  /** Puts right what moto answers to DescribeSnapshots. */
  public amendSnapshots(answer: XmlElement): void {
    for (const item of itemsOf(answer, "snapshotSet")) {
      const image = this.bySnapshot(textOf(item, "snapshotId"));
      if (image === undefined) continue;
      setChild(item, "volumeSize", image.sizeGiB);
      if (!image.isPending) continue;
      setChild(item, "status", "pending");
      setChild(item, "progress", "42%");
    }
  }

  private async snapshotOf(id: string): Promise<string> {
    const answer = await this.upstream.ask("ec2", "DescribeImages", { "ImageId.1": id });
    const [mapping] = itemsOf(answer, "blockDeviceMapping");
    const found = mapping && childOf(mapping, "ebs", "snapshotId")?.text;
    if (!found) throw new Error(`moto knows no snapshot of ${id}`);
    return found;
  }
}
