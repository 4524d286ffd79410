import { AwsError, type Answer } from "./awsError";
import { Ec2Instances, type Ec2Args, type Forward } from "./ec2Instances";
import { Images } from "./images";
import { Query } from "./query";
import { refuseGroupInUse, refuseKeyInUse } from "./refusals";
import { Volumes } from "./volumes";
import { formatXml, itemsOf, parseXml, textOf, xmlElement, type XmlElement } from "./xml";

type Action = (query: Query, forward: Forward) => Promise<Answer | XmlElement>;

/** EC2 in front of moto's: see the emulator's header for what it adds. */
export class Ec2 {
  public readonly images: Images;
  public readonly instances: Ec2Instances;
  private readonly volumes: Volumes;
  private readonly actions: Readonly<Record<string, Action>> = {
    RunInstances: (query, forward) => this.instances.runInstances(query, forward),
    TerminateInstances: (query) => Promise.resolve(this.instances.terminateInstances(query)),
    StopInstances: (query, forward) =>
      this.instances.power(query, forward, (each) => each.machine?.stop()),
    StartInstances: (query, forward) =>
      this.instances.power(query, forward, (each) => each.machine?.start()),
    RebootInstances: (query, forward) =>
      this.instances.power(query, forward, (each) => each.machine?.reboot()),
    DescribeInstances: (query, forward) =>
      this.amended(query, forward, (answer) => this.instances.amendInstances(answer)),
    DescribeVolumes: (query, forward) =>
      this.amended(query, forward, (answer) => this.volumes.amend(answer)),
    DescribeSnapshots: (query, forward) =>
      this.amended(query, forward, (answer) => this.images.amendSnapshots(answer)),
    DescribeImages: (query, forward) => this.describeImages(query, forward),
    CreateImage: (query, forward) => this.createImage(query, forward),
    EnableImageDeprecation: (query) => Promise.resolve(this.deprecate(query)),
    CreateVolume: (query, forward) => this.createVolume(query, forward),
    DeleteVolume: async (query, forward) => {
      const answer = await forward(query);
      if (answer.status < 300) this.volumes.remove(query.get("VolumeId"));
      return answer;
    },
    AttachVolume: (query, forward) => this.attachVolume(query, forward),
    DetachVolume: async (query, forward) => {
      await this.completeDetachment(query);
      const answer = await forward(query);
      if (answer.status < 300) this.instances.detach(query.get("VolumeId"));
      return answer;
    },
    DeleteSecurityGroup: async (query, forward) => {
      await refuseGroupInUse(this.args.upstream, query.get("GroupId"));
      return forward(query);
    },
    DeleteKeyPair: async (query, forward) => {
      const key = { name: query.get("KeyName"), id: query.get("KeyPairId") };
      await refuseKeyInUse(this.args.upstream, key);
      return forward(query);
    },
  };

  constructor(private readonly args: Ec2Args) {
    this.images = new Images(args.upstream, args.folder, args.imageSeconds);
    this.volumes = new Volumes(args.folder);
    this.instances = new Ec2Instances(args, this.images, this.volumes);
  }

  public async handle(query: Query, forward: Forward): Promise<Answer> {
    const answer = await (this.actions[query.action]?.(query, forward) ?? forward(query));
    if ("status" in answer) return answer;
    const root = answer.attributes
      ? answer
      : { ...answer, attributes: ' xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"' };
    return { status: 200, contentType: "text/xml", body: formatXml(root) };
  }

  private async amended(
    query: Query,
    forward: Forward,
    amend: (answer: XmlElement) => void,
  ): Promise<Answer | XmlElement> {
    const answer = await forward(query);
    if (answer.status >= 300) return answer;
    const xml = parseXml(answer.body);
    amend(xml);
    return xml;
  }

  private async describeImages(query: Query, forward: Forward): Promise<Answer | XmlElement> {
    // moto knows no such filter, and every image here has its root on EBS.
    for (const index of query.indexes("Filter")) {
      if (query.get(`Filter.${index}.Name`) !== "root-device-type") continue;
      query.set(`Filter.${index}.Name`, "virtualization-type");
      query.set(`Filter.${index}.Value.1`, "hvm");
    }
    return this.amended(query, forward, (answer) => this.images.amendImages(answer));
  }

  private async createImage(query: Query, forward: Forward): Promise<Answer> {
    const instance = this.instances.get(query.get("InstanceId"));
    if (instance === undefined) return forward(query);
    const own = await this.args.upstream.ask("ec2", "DescribeImages", {
      "Owner.1": "self",
      "Filter.1.Name": "name",
      "Filter.1.Value.1": query.get("Name"),
    });
    if (itemsOf(own, "imagesSet").length > 0) {
      throw new AwsError(
        "InvalidAMIName.Duplicate",
        `AMI name ${query.get("Name")} is already in use`,
      );
    }
    const asked = new Query(new URLSearchParams(query.parameters));
    for (const index of asked.indexes("TagSpecification")) {
      if (asked.get(`TagSpecification.${index}.ResourceType`) === "snapshot") {
        asked.removeAll(`TagSpecification.${index}.`);
      }
    }
    const answer = await forward(asked);
    if (answer.status < 300) {
      await this.images.add(textOf(parseXml(answer.body), "imageId"), query, instance);
    }
    return answer;
  }

  private deprecate(query: Query): XmlElement {
    const image = this.images.get(query.get("ImageId"));
    if (image === undefined) {
      throw new AwsError(
        "InvalidAMIID.NotFound",
        `The image id '[${query.get("ImageId")}]' does not exist`,
      );
    }
    image.deprecated = query.get("DeprecateAt");
    return xmlElement("EnableImageDeprecationResponse", { return: true });
  }

  private async createVolume(query: Query, forward: Forward): Promise<Answer> {
    const snapshotId = query.get("SnapshotId");
    const from = snapshotId === "" ? undefined : this.images.bySnapshot(snapshotId);
    const sizeGiB = Number(query.get("Size")) || (from?.sizeGiB ?? 1);
    if (from !== undefined) {
      Volumes.checkSnapshot(from, snapshotId, sizeGiB);
      query.set("Size", String(sizeGiB));
    }
    const answer = await forward(query);
    if (answer.status >= 300) return answer;
    this.volumes.create(textOf(parseXml(answer.body), "volumeId"), from, sizeGiB);
    return answer;
  }

  private async attachVolume(query: Query, forward: Forward): Promise<Answer> {
    const instance = this.instances.get(query.get("InstanceId"));
    if (instance?.isPending === true || instance?.isEnding === true) {
      throw new AwsError(
        "IncorrectState",
        `Instance '${query.get("InstanceId")}' is not 'running'.`,
      );
    }
    const answer = await forward(query);
    const volume = query.get("VolumeId");
    if (answer.status < 300) {
      void this.volumes.content(volume)?.then((file) => instance?.attach(volume, file));
    }
    return answer;
  }

  /** moto wants instance and device told, too. */
  private async completeDetachment(query: Query): Promise<void> {
    const { upstream } = this.args;
    const volume = { "VolumeId.1": query.get("VolumeId") };
    const answer = await upstream.ask("ec2", "DescribeVolumes", volume).catch(() => undefined);
    const [attachment] = answer ? itemsOf(answer, "attachmentSet") : [];
    if (attachment === undefined) return;
    query.set("InstanceId", textOf(attachment, "instanceId"));
    query.set("Device", textOf(attachment, "device"));
  }
}
