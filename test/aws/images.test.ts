import { strict as assert } from "node:assert";

import * as ec2 from "@aws-sdk/client-ec2";

import { leftoversOf, nothingLeft } from "../support/leftovers";
import { baseImageDisk, baseImageGiB } from "./baseImage";
import { TestAccount, refusedWith } from "./testAccount";

describe("images of the emulated AWS", function () {
  this.timeout(300_000);

  let account: TestAccount;
  let baseImage: string;
  let builder: string;
  let snapshot: string;
  let image: string;

  before(async () => {
    account = await TestAccount.start({ boot: 0 });
    baseImage = account.aws.imageId("debian-12-amd64");
    await account.aws.giveDisk(baseImage, await baseImageDisk(), baseImageGiB);
  });

  after(async () => {
    await account.aws.stop();
    assert.deepEqual(leftoversOf(account.aws.folder), nothingLeft);
  });

  async function describeImage(): Promise<ec2.Image | undefined> {
    const asked = new ec2.DescribeImagesCommand({ ImageIds: [image] });
    return (await account.client.send(asked)).Images?.[0];
  }

  it("boot a builder from the image's own disk", async () => {
    await assert.rejects(
      account.launch({
        ImageId: baseImage,
        BlockDeviceMappings: [{ DeviceName: "/dev/xvda", Ebs: { VolumeSize: baseImageGiB - 1 } }],
      }),
      refusedWith("InvalidBlockDeviceMapping"),
    );
    builder = await account.launch({ ImageId: baseImage });
    const said = await account.ssh(
      builder,
      "sudo sh -c 'echo baked >/etc/baked'; ls /lib/modules; findmnt -no FSTYPE /; getent hosts deb.debian.org | wc -l",
      "admin",
    );
    assert.match(said, /cloud-amd64\next4\n1$/);
  });

  it("take the builder's disk when made from it, pending at first", async () => {
    const made = await account.client.send(
      new ec2.CreateImageCommand({
        InstanceId: builder,
        Name: "made",
        TagSpecifications: [
          { ResourceType: "image", Tags: [{ Key: "of", Value: "image" }] },
          { ResourceType: "snapshot", Tags: [{ Key: "of", Value: "snapshot" }] },
        ],
      }),
    );
    image = made.ImageId as string;
    assert.equal((await describeImage())?.State, "pending");
    await assert.rejects(
      account.launch({ ImageId: image }),
      refusedWith("InvalidAMIID.Unavailable"),
    );
    await assert.rejects(
      account.client.send(new ec2.CreateImageCommand({ InstanceId: builder, Name: "made" })),
      refusedWith("InvalidAMIName.Duplicate"),
    );
    await ec2.waitUntilImageAvailable(
      { client: account.client, maxWaitTime: 60, minDelay: 1, maxDelay: 1 },
      { ImageIds: [image] },
    );
    const described = await describeImage();
    const [root] = described?.BlockDeviceMappings ?? [];
    assert.equal(described?.RootDeviceName, root?.DeviceName);
    assert.equal(root?.Ebs?.VolumeSize, baseImageGiB);
    assert.equal(root?.Ebs?.DeleteOnTermination, true);
    snapshot = root?.Ebs?.SnapshotId as string;
    const { Snapshots = [] } = await account.client.send(
      new ec2.DescribeSnapshotsCommand({ SnapshotIds: [snapshot] }),
    );
    assert.deepEqual(Snapshots[0]?.Tags, [{ Key: "of", Value: "snapshot" }]);
    assert.equal(Snapshots[0]?.VolumeSize, baseImageGiB);
  });

  it("restart the builder they are made from", async () => {
    assert.equal(await account.ssh(builder, "cat /etc/baked", "admin"), "baked");
    await account.terminate(builder);
  });

  it("fill a volume made from their snapshot, which a worker reads", async () => {
    const worker = await account.launch();
    const { Placement } = await account.until(worker, "running");
    const { VolumeId: volume = "" } = await account.client.send(
      new ec2.CreateVolumeCommand({
        AvailabilityZone: Placement?.AvailabilityZone,
        SnapshotId: snapshot,
      }),
    );
    await account.client.send(
      new ec2.AttachVolumeCommand({ InstanceId: worker, VolumeId: volume, Device: "/dev/sdf" }),
    );
    const device = `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${volume.replace("-", "")}`;
    const said = await account.ssh(
      worker,
      `until [ -e ${device} ]; do sleep 0.1; done
       sudo blkid -o value -s TYPE -p -O $((131 << 20)) ${device}
       sudo unshare -m sh -c "mount -o ro,noload,loop,offset=$((131 << 20)) ${device} /mnt && cat /mnt/etc/baked"`,
    );
    assert.equal(said, "ext4\nbaked");
    await account.terminate(worker);
  });

  it("keep their snapshot from being deleted as long as they stand", async () => {
    const remove = new ec2.DeleteSnapshotCommand({ SnapshotId: snapshot });
    await assert.rejects(account.client.send(remove), refusedWith("InvalidSnapshot.InUse"));
    await account.client.send(new ec2.DeregisterImageCommand({ ImageId: image }));
    await account.client.send(remove);
    assert.equal(await describeImage().catch(() => undefined), undefined);
  });
});
