import { strict as assert } from "node:assert";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

import * as ec2 from "@aws-sdk/client-ec2";

import { leftoversOf, nothingLeft } from "../support/leftovers";
import { TestAccount } from "./testAccount";

describe("instances of the emulated AWS", function () {
  this.timeout(60_000);

  let account: TestAccount;
  let worker: string;

  before(async () => {
    account = await TestAccount.start();
  });

  after(async () => {
    await account.aws.stop();
    assert.deepEqual(leftoversOf(account.aws.folder), nothingLeft);
  });

  it("are pending, then running, and only later answer SSH", async () => {
    worker = await account.launch(
      {
        BlockDeviceMappings: [{ DeviceName: "/dev/sda1", Ebs: { VolumeSize: 12 } }],
        InstanceInitiatedShutdownBehavior: "terminate",
      },
      {
        users: ["default", { name: "vagrant", shell: "/bin/bash", lock_passwd: true }],
        write_files: [{ path: "/etc/made/file", content: "it's\n", permissions: "0600" }],
        bootcmd: [["sh", "-c", "echo $$ >>/var/booted"]],
        runcmd: ["hostname >/var/ran"],
      },
    );
    assert.equal((await account.describe(worker)).State?.Name, "pending");
    const { PublicIpAddress = "" } = await account.until(worker, "running");
    assert.match(PublicIpAddress, /^127\.64\./);
    assert.notEqual(spawnSync("bash", ["-c", `</dev/tcp/${PublicIpAddress}/22`]).status, 0);
    assert.equal(await account.ssh(worker, "sudo id -un; whoami"), "root\nubuntu");
  });

  it("do what their user data say", async () => {
    const said = await account.ssh(
      worker,
      "getent passwd vagrant | cut -d: -f7; sudo cat /etc/made/file /var/ran; hostname; sudo wc -l </var/booted",
    );
    const [shell, file, ran, hostName, boots] = said.split("\n");
    assert.deepEqual([shell, file, ran, boots], ["/bin/bash", "it's", hostName, "1"]);
    assert.match(hostName ?? "", /^ip-127-64-/);
  });

  it("never answer when a boot command waits for a unit, which waits for the boot", async () => {
    const command = ["systemd-run", "--on-active=3600", "true"];
    const waiting = await account.launch({}, { bootcmd: [command] });
    const other = await account.launch({}, { bootcmd: [["systemd-run", "--no-block", "true"]] });
    await account.ssh(other, "true");
    const { PublicIpAddress = "" } = await account.describe(waiting);
    assert.notEqual(spawnSync("bash", ["-c", `</dev/tcp/${PublicIpAddress}/22`]).status, 0);
    await Promise.all([waiting, other].map((id) => account.terminate(id)));
  });

  it("have a root disk of the size asked for, and change nothing of this machine", async () => {
    await account.ssh(worker, "sudo touch /usr/bin/made-on-instance /etc/made-on-instance");
    const [gib = 0] = (await account.ssh(worker, "df -BG --output=size / | tail -1 | tr -dc 0-9"))
      .split("\n")
      .map(Number);
    assert.ok(gib >= 11 && gib <= 12, `${gib} GiB`);
    assert.ok(!fs.existsSync("/usr/bin/made-on-instance"));
    assert.ok(!fs.existsSync("/etc/made-on-instance"));
  });

  it("come back from a reboot with the same disk", async () => {
    await account.ssh(worker, "touch ~/stays; sudo systemd-run --on-active=1 systemctl reboot");
    await sleep(2000);
    const said = await account.ssh(worker, "sudo wc -l </var/booted; ls ~/stays");
    assert.equal(said, "2\n/home/ubuntu/stays");
    await account.client.send(new ec2.RebootInstancesCommand({ InstanceIds: [worker] }));
    assert.equal(await account.ssh(worker, "sudo wc -l </var/booted"), "3");
  });

  it("show an attached volume by its id, and the root disk too", async () => {
    const { Placement, BlockDeviceMappings: mappings = [] } = await account.describe(worker);
    const { VolumeId: volume = "" } = await account.client.send(
      new ec2.CreateVolumeCommand({ AvailabilityZone: Placement?.AvailabilityZone, Size: 3 }),
    );
    await account.client.send(
      new ec2.AttachVolumeCommand({ InstanceId: worker, VolumeId: volume, Device: "/dev/sdf" }),
    );
    const link = (id: string): string =>
      `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${id.replace("-", "")}`;
    const root = mappings.find(({ DeviceName }) => DeviceName === "/dev/sda1")?.Ebs?.VolumeId ?? "";
    const waits = `until [ -e ${link(volume)} ]; do sleep 0.1; done`;
    const [size, onRoot, mounted] = (
      await account.ssh(
        worker,
        `${waits}; sudo blockdev --getsize64 ${link(volume)}; readlink -f ${link(root)}; findmnt -no SOURCE /`,
      )
    ).split("\n");
    assert.equal(size, String(3 * 2 ** 30));
    assert.equal(onRoot, mounted);
    await account.client.send(new ec2.DetachVolumeCommand({ VolumeId: volume }));
    assert.equal(
      await account.ssh(worker, `sleep 0.3; ls -d ${link(volume)} || echo gone`),
      "gone",
    );
    await account.client.send(new ec2.DeleteVolumeCommand({ VolumeId: volume }));
  });

  it("end themselves with a timer, and their root disk with them", async () => {
    const { BlockDeviceMappings: mappings = [] } = await account.describe(worker);
    await account.ssh(
      worker,
      "sudo systemd-run --unit=end --on-active=1 --timer-property=AccuracySec=1s systemctl poweroff",
    );
    await account.until(worker, "terminated");
    const { Volumes = [] } = await account.client.send(new ec2.DescribeVolumesCommand({}));
    const root = mappings[0]?.Ebs?.VolumeId;
    assert.ok(root && !Volumes.some(({ VolumeId }) => VolumeId === root));
  });

  it("leave no process, mount or loop device when the test's process is killed", async () => {
    const child = spawn(
      process.execPath,
      ["-r", "ts-node/register/transpile-only", path.join(__dirname, "startAndWait.ts")],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    const [folder] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
    assert.equal(leftoversOf(folder).loopDevices.length, 1);
    child.kill("SIGKILL");
    for (let tries = 0; tries < 50 && leftoversOf(folder).loopDevices.length > 0; tries += 1) {
      await sleep(100);
    }
    assert.deepEqual(leftoversOf(folder), nothingLeft);
    fs.rmSync(folder, { recursive: true });
  });
});
