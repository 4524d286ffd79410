import { randomUUID } from "node:crypto";
import * as path from "node:path";

import { AwsError, type Answer } from "./awsError";
import type { IamSettling } from "./iam";
import type { Images, KnownImage } from "./images";
import { EmulatedInstance, type InstanceTimes } from "./instances";
import type { Query } from "./query";
import { refuseOtherArchitecture } from "./refusals";
import type { Upstream } from "./upstream";
import type { Volumes } from "./volumes";
import { itemsOf, parseXml, setChild, textOf, xmlElement, type XmlElement } from "./xml";

/** Passes a request on to moto. */
export type Forward = (query: Query) => Promise<Answer>;

export interface Ec2Args {
  readonly upstream: Upstream;
  readonly iam: IamSettling;
  readonly region: string;
  readonly folder: string;
  readonly times: InstanceTimes;
  /** Seconds that an image is pending at least. */
  readonly imageSeconds: number;
  /** Variables that every login on an instance gets. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The life of instances, from RunInstances to the end. */
export class Ec2Instances {
  /** Role sessions by access key id. */
  public readonly sessions = new Map<string, string>();
  private readonly instances = new Map<string, EmulatedInstance>();

  constructor(
    private readonly args: Ec2Args,
    private readonly images: Images,
    private readonly volumes: Volumes,
  ) {}

  public get(id: string): EmulatedInstance | undefined {
    return this.instances.get(id);
  }

  public detach(volume: string): void {
    for (const each of this.instances.values()) each.detach(volume);
  }

  public async stop(): Promise<void> {
    for (const instance of this.instances.values()) instance.isEnding = true;
    await Promise.all([...this.instances.values()].map((instance) => instance.end()));
  }

  public async runInstances(query: Query, forward: Forward): Promise<Answer | XmlElement> {
    const profile =
      query.get("IamInstanceProfile.Name") ||
      query.get("IamInstanceProfile.Arn").replace(/^.*\//, "");
    if (profile !== "") await this.args.iam.checkProfile(profile);
    const image = this.images.get(query.get("ImageId"));
    // Of an image that nobody knows moto says what AWS says.
    if (image === undefined) return forward(query);
    if (image.isPending) {
      throw new AwsError(
        "InvalidAMIID.Unavailable",
        `The image id '[${query.get("ImageId")}]' is not available`,
      );
    }
    refuseOtherArchitecture(query.get("InstanceType"), image.architecture);
    const userData = Buffer.from(query.get("UserData"), "base64").toString();
    const rootGiB = this.completeMappings(query, image);
    const answer = await forward(query);
    if (answer.status >= 300 || query.get("DryRun") === "true") return answer;
    const xml = parseXml(answer.body);
    for (const item of itemsOf(xml, "instancesSet")) {
      await this.launch(textOf(item, "instanceId"), query, image, { userData, rootGiB, profile });
    }
    this.amendInstances(xml);
    return xml;
  }

  /** moto makes no root disk when another one is asked for, and keeps disks of ended instances. */
  private completeMappings(query: Query, image: KnownImage): number {
    const list = "BlockDeviceMapping";
    const indexes = query.indexes(list);
    let root = indexes.find((n) => query.get(`${list}.${n}.DeviceName`) === image.rootDeviceName);
    if (root === undefined) {
      root = Math.max(0, ...indexes) + 1;
      query.set(`${list}.${root}.DeviceName`, image.rootDeviceName);
      query.set(`${list}.${root}.Ebs.VolumeType`, "gp3");
      indexes.push(root);
    }
    const rootSize = `${list}.${root}.Ebs.VolumeSize`;
    if (query.get(rootSize) === "") query.set(rootSize, String(image.sizeGiB));
    const rootGiB = Number(query.get(rootSize));
    if (rootGiB < image.sizeGiB) {
      throw new AwsError(
        "InvalidBlockDeviceMapping",
        `Volume of size ${rootGiB}GB is smaller than snapshot '${image.snapshotId}', expect size >= ${image.sizeGiB}GB`,
      );
    }
    for (const index of indexes) {
      const name = `${list}.${index}.Ebs.DeleteOnTermination`;
      if (query.get(name) === "") query.set(name, "true");
    }
    return rootGiB;
  }

  private async launch(
    id: string,
    query: Query,
    image: KnownImage,
    given: { readonly userData: string; readonly rootGiB: number; readonly profile: string },
  ): Promise<void> {
    const { args } = this;
    const described = await args.upstream.ask("ec2", "DescribeInstances", { "InstanceId.1": id });
    const mappings = itemsOf(described, "blockDeviceMapping").map((item) => ({
      device: textOf(item, "deviceName"),
      volume: textOf(item, "ebs", "volumeId"),
    }));
    const rootVolume = mappings.find(({ device }) => device === image.rootDeviceName)?.volume ?? "";
    for (const index of query.indexes("BlockDeviceMapping")) {
      const at = `BlockDeviceMapping.${index}`;
      const volume = mappings.find(
        ({ device }) => device === query.get(`${at}.DeviceName`),
      )?.volume;
      const throughput = query.get(`${at}.Ebs.Throughput`);
      if (volume) {
        this.volumes.keepSettings(volume, { throughput, iops: query.get(`${at}.Ebs.Iops`) });
      }
    }
    const role = given.profile === "" ? undefined : await args.iam.roleOf(given.profile);
    const accessKeyId = `ASIA${randomUUID().replaceAll("-", "").slice(0, 16).toUpperCase()}`;
    if (role !== undefined) this.sessions.set(accessKeyId, role);
    const instance = await EmulatedInstance.launch({
      id,
      region: args.region,
      imageId: query.get("ImageId"),
      defaultUser: image.user,
      publicKey: await this.publicKeyOf(query.get("KeyName")),
      userData: given.userData,
      imageDisk: image.exceptWorkers === true && role !== undefined ? undefined : image.disk,
      rootVolume,
      rootGiB: given.rootGiB,
      shutdownBehaviour:
        query.get("InstanceInitiatedShutdownBehavior") === "terminate" ? "terminate" : "stop",
      profile: given.profile,
      credentials: () => (role === undefined ? undefined : { roleName: role, accessKeyId }),
      environment: args.environment,
      folder: path.join(args.folder, id),
      times: args.times,
      onPowerOff: () => void this.poweredOff(id),
    });
    this.instances.set(id, instance);
    for (const index of query.indexes("BlockDeviceMapping")) {
      const snapshotId = query.get(`BlockDeviceMapping.${index}.Ebs.SnapshotId`);
      const device = query.get(`BlockDeviceMapping.${index}.DeviceName`);
      const volume = mappings.find((each) => each.device === device)?.volume;
      if (snapshotId === "" || volume === undefined || volume === rootVolume) continue;
      const from = this.images.bySnapshot(snapshotId);
      this.volumes.create(volume, from, from?.sizeGiB ?? 1);
      void this.volumes.content(volume)?.then((file) => instance.attach(volume, file));
    }
  }

  private async publicKeyOf(keyName: string): Promise<string | undefined> {
    if (keyName === "") return undefined;
    const answer = await this.args.upstream.ask("ec2", "DescribeKeyPairs", {
      "KeyName.1": keyName,
      IncludePublicKey: "true",
    });
    const [key] = itemsOf(answer, "keySet");
    return key && textOf(key, "publicKey").trim();
  }

  public terminateInstances(query: Query): XmlElement {
    const ids = query.list("InstanceId");
    const missing = ids.filter((id) => !this.instances.has(id));
    if (missing.length > 0) {
      throw new AwsError(
        "InvalidInstanceID.NotFound",
        `The instance ID '${missing.join(", ")}' does not exist`,
      );
    }
    for (const id of ids) void this.terminate(id);
    return xmlElement("TerminateInstancesResponse", {
      instancesSet: ids.map((instanceId) => ({
        instanceId,
        currentState: { code: 32, name: "shutting-down" },
        previousState: { code: 16, name: "running" },
      })),
    });
  }

  private async terminate(id: string): Promise<void> {
    const instance = this.instances.get(id);
    if (instance === undefined || instance.isEnding) return;
    instance.isEnding = true;
    const least = new Promise((resolve) =>
      setTimeout(resolve, this.args.times.shutdown * 1000).unref(),
    );
    await instance.end();
    await least;
    await this.args.upstream.ask("ec2", "TerminateInstances", { "InstanceId.1": id });
  }

  private async poweredOff(id: string): Promise<void> {
    const instance = this.instances.get(id);
    if (instance === undefined || instance.isEnding) return;
    if (instance.args.shutdownBehaviour === "terminate") await this.terminate(id);
    else await this.args.upstream.ask("ec2", "StopInstances", { "InstanceId.1": id });
  }

  public async power(
    query: Query,
    forward: Forward,
    act: (instance: EmulatedInstance) => Promise<void> | void,
  ): Promise<Answer> {
    const answer = await forward(query);
    if (answer.status >= 300) return answer;
    for (const id of query.list("InstanceId")) {
      const instance = this.instances.get(id);
      if (instance !== undefined && !instance.isEnding) await act(instance);
    }
    return answer;
  }

  public amendInstances(answer: XmlElement): void {
    for (const item of itemsOf(answer, "instancesSet")) {
      const instance = this.instances.get(textOf(item, "instanceId"));
      const state = textOf(item, "instanceState", "name");
      if (instance === undefined || state === "terminated") continue;
      if (instance.isEnding) setChild(item, "instanceState", { code: 32, name: "shutting-down" });
      else if (instance.isPending) setChild(item, "instanceState", { code: 0, name: "pending" });
      if (state !== "running" || textOf(item, "ipAddress") === "") continue;
      setChild(item, "ipAddress", instance.address);
      setChild(item, "dnsName", instance.address);
    }
  }
}
