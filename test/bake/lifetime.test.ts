import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";

import { bakedMark, builderUserData } from "../../components/userData";
import { projectDirectory } from "../support/stageRun";
import { CloudGuest } from "./cloudGuest";

const unit = "ami2box-end";
const lifetimeHours = 2;

/** The builder's user data as Debian's own cloud-init and systemd take it, through a bake's reboots. */
describe("a builder's lifetime", function () {
  this.timeout(8 * 60_000);
  this.bail(true);

  let guest: CloudGuest;
  let boot: string;

  before(async () => {
    guest = new CloudGuest();
    await guest.start((hostKey) => builderUserData({ hostKey, lifetimeHours }));
  });
  after(() => guest?.remove());

  /** Seconds after its boot at which the machine is to power itself off. */
  async function endsAt(): Promise<number> {
    const show = `systemctl show ${unit}.timer --property=ActiveState,NextElapseUSecMonotonic`;
    const said = await guest.ssh(`LC_ALL=C ${show}`);
    assert.match(said, /^ActiveState=active$/m);
    const words = /^NextElapseUSecMonotonic=(.*)$/m.exec(said)?.[1] ?? "";
    const units: Readonly<Record<string, number>> = { h: 3600, min: 60, s: 1, ms: 0.001, us: 1e-6 };
    return [...words.matchAll(/([\d.]+)([a-z]+)/g)].reduce(
      (sum, [, number, name = ""]) => sum + Number(number) * (units[name] ?? NaN),
      0,
    );
  }

  it("begins with its first boot, in which it proves the host key it was given", async () => {
    boot = await guest.waitForBoot();
    const seconds = await endsAt();
    assert.ok(seconds > lifetimeHours * 3600 && seconds < lifetimeHours * 3600 + 180, `${seconds}`);
    const service = await guest.ssh(`systemctl show ${unit}.service --property=ExecStart`);
    assert.match(service, /systemctl poweroff/);
    assert.match(await guest.ssh("id --name --user vagrant"), /^vagrant$/m);
  });

  it("begins anew with the reboot between two scripts", async () => {
    const script = fs.readFileSync(path.join(projectDirectory, "scripts/bake/reboot.sh"));
    await guest.ssh(`echo ${script.toString("base64")} | base64 --decode | bash`);
    boot = await guest.waitForBoot(boot);
    const seconds = await endsAt();
    assert.ok(seconds > lifetimeHours * 3600 && seconds < lifetimeHours * 3600 + 180, `${seconds}`);
  });

  it("ends with the boot after the bake, which the snapshot brings about", async () => {
    await guest.ssh(`sudo touch ${bakedMark} && sudo systemd-run --on-active=1 systemctl reboot`);
    await guest.waitForEnd();
  });
});
