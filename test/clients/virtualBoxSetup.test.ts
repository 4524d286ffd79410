import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { rootPrefix, run } from "../../ops/setup/commands";
import { downloadProblem } from "../../ops/setup/virtualBoxRoot";
import {
  obtainVirtualBox,
  TIME_IS_UP,
  vboxManage,
  VirtualBoxUnavailable,
} from "../../ops/setup/virtualBox";
import { makeClientsFolder, removeClientsFolder } from "./clientsFolder";
import { realVirtualBox, VirtualBoxSession } from "./virtualBoxSession";

const silent = { line: () => undefined, progress: () => undefined };

describe("getting the real VirtualBox", function () {
  this.timeout(120_000);
  let folder: string;
  const cache = (): string => join(folder, "cache");
  const sources = () => ({
    cache: cache(),
    logFolder: join(folder, "logs"),
    // Nothing listens there.
    mirror: "http://127.0.0.1:9/debian",
    findOnPath: () => undefined as string | undefined,
  });

  function fakeVBoxManage(script: string): string {
    const file = join(folder, "VBoxManage");
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
    return file;
  }

  beforeEach(async () => {
    folder = await makeClientsFolder("set-up");
  });
  afterEach(() => removeClientsFolder(folder));

  it("takes the VBoxManage on PATH, past the warnings it begins with", async () => {
    const program = fakeVBoxManage("echo 'WARNING: no 1.2.3 module'; echo 7.1.4r165100");
    const found = await obtainVirtualBox({ ...sources(), findOnPath: () => program }, silent);
    assert.deepEqual(found, { version: "7.1.4", origin: program, root: "/", program });
  });

  it("passes over a VBoxManage that does not run, and prefers the newest in the cache", async () => {
    const program = fakeVBoxManage("exit 1");
    for (const name of ["unstable-7.2.9", "unstable-7.2.22", ".unfinished-1", "other-9.0.0"]) {
      mkdirSync(join(cache(), "virtualbox", name), { recursive: true });
    }
    const found = await obtainVirtualBox({ ...sources(), findOnPath: () => program }, silent);
    assert.equal(found.version, "7.2.22");
    assert.equal(found.root, join(cache(), "virtualbox", "unstable-7.2.22"));
  });

  it("tells why it cannot be had when the archive does not answer, and leaves nothing", async () => {
    await assert.rejects(obtainVirtualBox(sources(), silent), (error) => {
      assert.ok(error instanceof VirtualBoxUnavailable);
      assert.match(error.message, /^it cannot be downloaded: .*127\.0\.0\.1:9/);
      return true;
    });
    assert.deepEqual(readdirSync(join(cache(), "virtualbox")), ["lock"]);
  });
});

describe("what apt says when a download fails", () => {
  it("is told from the list that did not come", () => {
    const output = [
      "Ign:1 http://archive.invalid/debian unstable InRelease",
      "Err:2 http://archive.invalid/debian unstable Release",
      "  404  File not found [IP: 192.0.2.1 80]",
      "Reading package lists...",
    ].join("\n");
    assert.equal(
      downloadProblem(output),
      "http://archive.invalid/debian unstable Release: 404  File not found [IP: 192.0.2.1 80]",
    );
  });

  it("is no want of network when the list came, but no key of this machine proves it", () => {
    const output = [
      "Err:1 http://archive.invalid/debian unstable InRelease",
      "  The following signatures couldn't be verified because the public key is not available",
      "W: Failed to fetch http://archive.invalid/debian/dists/unstable/InRelease",
    ].join("\n");
    assert.equal(downloadProblem(output), undefined);
  });
});

describe("running the real VirtualBox", function () {
  this.timeout(120_000);
  let virtualBox: Awaited<ReturnType<typeof realVirtualBox>>;
  let room: string;

  /** The processes that were started for this room, by their files in /proc. */
  async function processesOfRoom(): Promise<string[]> {
    const script = 'grep -lsF -e "ROOM=$1" -e "HOME=$1/" /proc/[0-9]*/environ';
    const [command, ...args] = [...rootPrefix(), "sh", "-c", script, "sh", room];
    const { stdout } = await run(command, args);
    return stdout.split("\n").filter((line) => line !== "");
  }

  before(async function () {
    virtualBox = await realVirtualBox(this);
  });
  beforeEach(async () => {
    room = await makeClientsFolder("room");
  });
  afterEach(() => removeClientsFolder(room));

  it("keeps what one command did for the next, in the room alone", async () => {
    const session = await VirtualBoxSession.open(virtualBox, room);
    await session.manage(["createvm", "--name", "kept", "--register"]);
    assert.match(await session.manage(["list", "vms"]), /^"kept" /m);
    assert.equal(
      (await session.machine("kept")).get("CfgFile"),
      join(room, "machines/kept/kept.vbox"),
    );
  });

  it("leaves no process and no mount", async () => {
    await vboxManage(virtualBox, room, ["list", "vms"]);
    assert.deepEqual(await processesOfRoom(), []);
    assert.ok(!readFileSync("/proc/self/mountinfo", "utf8").includes(room));
    assert.deepEqual(readdirSync(join(room, "system")), []);
  });

  it("ends a command when its time is up, with all it started", async () => {
    const sleeper = { root: virtualBox.root, program: "/usr/bin/sleep" };
    const sleeping = vboxManage(sleeper, room, ["60"], 4);
    await setTimeout(1500);
    assert.notDeepEqual(await processesOfRoom(), []);
    assert.equal((await sleeping).code, TIME_IS_UP);
    assert.deepEqual(await processesOfRoom(), []);
  });

  it("changes nothing in the cached system", async function () {
    // A VirtualBox of the machine itself runs in the machine's own system.
    if (virtualBox.root === "/") {
      console.log("      skipped: the machine's own VirtualBox has no cached system");
      return this.skip();
    }
    const toucher = { root: virtualBox.root, program: "/usr/bin/touch" };
    const { code } = await vboxManage(toucher, room, ["/usr/touched"]);
    assert.equal(code, 0);
    assert.ok(!existsSync(join(virtualBox.root, "usr/touched")));
  });
});
