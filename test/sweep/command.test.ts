import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import * as fs from "node:fs";

import { stringify } from "yaml";

import { MotoServer } from "../support/moto";
import { outcomeOf, ProjectCopy, type CommandOutcome } from "../support/projectCopy";
import { SampleAccount, samplePlace, type BuildIds } from "./sampleAccount";

const hours = 3_600_000;

/** `npm run sweep` as cron has it, against an emulated account that holds somebody else's resources too. */
describe("npm run sweep", function () {
  this.timeout(180_000);
  this.bail(true);

  let moto: MotoServer;
  let account: SampleAccount;
  let project: ProjectCopy;
  let expired: BuildIds;
  let live: BuildIds;
  let lost: BuildIds;
  let theirs: BuildIds;

  before(async () => {
    moto = await MotoServer.start();
    account = new SampleAccount(moto);
    const soon = new Date(Date.now() + 24 * hours);
    const past = new Date(Date.now() - hours);
    expired = await account.makeBuild("expired", SampleAccount.tags("r1", past));
    live = await account.makeBuild("live", SampleAccount.tags("r2", soon));
    lost = await account.makeBuild("lost", SampleAccount.tags("r2", soon));
    theirs = await account.makeBuild("theirs", {
      owner: "somebody else",
      "ami2box:stack": "nightly",
    });
    await account.makeBuild("fork", {
      ...SampleAccount.tags("r1", past),
      "ami2box:project": "fork",
    });
    await account.beginUploads();
    project = new ProjectCopy();
    fs.writeFileSync(
      project.path("Pulumi.nightly.yaml"),
      stringify({
        config: {
          "aws:region": "eu-west-1",
          "ami2box:target": "aws",
          "ami2box:publish": { bucket: samplePlace.bucket, prefix: samplePlace.prefix },
        },
      }),
    );
  });

  after(async () => {
    project?.remove();
    await moto?.stop();
  });

  /** Runs the command so many hours after everything was made. */
  function sweep(
    args: readonly string[],
    laterHours = 2,
    environment: NodeJS.ProcessEnv = {},
  ): Promise<CommandOutcome> {
    return outcomeOf(
      spawn("npm", ["run", "--silent", "sweep", "--", ...args], {
        cwd: project.directory,
        stdio: ["ignore", "pipe", "pipe"],
        env: {
          ...process.env,
          ...moto.variables,
          // Whoever runs the tests may be logged in to a backend, or have named one.
          HOME: project.directory,
          PULUMI_HOME: undefined,
          PULUMI_BACKEND_URL: undefined,
          XDG_CACHE_HOME: process.env["XDG_CACHE_HOME"] ?? `${process.env["HOME"]}/.cache`,
          NODE_OPTIONS: `--require ${project.path("test/support/laterClock.js")}`,
          LATER_HOURS: String(laterHours),
          ...environment,
        },
      }),
    );
  }

  const lastLine = ({ stdout }: CommandOutcome): string => stdout.trim().split("\n").at(-1) ?? "";
  const listed = ({ stdout }: CommandOutcome, id: string): boolean =>
    stdout.split("\n").some((line) => line.split(/ {2,}/)[1] === id);

  it("lists what has expired, with its age and cost, by its expiry alone where there is no state", async () => {
    const outcome = await sweep(["--stack", "nightly"]);
    assert.equal(outcome.status, 0, outcome.stderr);
    for (const id of idsOf(expired)) assert.ok(listed(outcome, id), `${id}\n${outcome.stdout}`);
    for (const id of idsOf(theirs)) assert.ok(!listed(outcome, id), id);
    assert.match(
      outcome.stdout,
      /^instance +i-\w+ +eu-west-1 +ami2box\/nightly +expired +2 h +14\.98$/m,
    );
    assert.match(outcome.stdout, /^role +expired +global /m);
    assert.ok(!outcome.stdout.includes("fork"), outcome.stdout);
    assert.match(
      lastLine(outcome),
      /^sweep: 9 leftovers \(USD \d+\.\d\d a month and more\) in eu-west-1; nothing was deleted, --yes does it; 16 resources of ours stay$/,
    );
    assert.equal((await account.instances())[expired.instance], "running");

    // moto says of every upload that it was begun in 2010.
    const uploads = outcome.stdout.split("\n").filter((line) => line.startsWith("multipart"));
    assert.equal(uploads.length, 1, outcome.stdout);
    assert.match(uploads[0]!, /s3:\/\/boxes\/vagrant\/acme\/demo\/1\.0\.0\/virtualbox-amd64\.box#/);

    assert.match(
      outcome.stderr,
      /sweep: no state of stack nightly to go by \(.*no stack named 'nightly' found.*\); what it made is judged by its expiry alone/,
    );
  });

  it("lists what the state of its stack does not know", async () => {
    await project.shell("pulumi stack init nightly");
    fs.writeFileSync(project.path("state.json"), JSON.stringify(stateWith(live, "r2")));
    const imported = await project.shell("pulumi stack import --stack nightly --file state.json");
    assert.equal(imported.status, 0, imported.stderr);
    const outcome = await sweep([]);
    assert.equal(outcome.status, 0, outcome.stderr);
    for (const id of [lost.instance, lost.volume, lost.image, lost.snapshot]) {
      assert.match(outcome.stdout, new RegExp(`${id} .* not in the state `, "m"), outcome.stderr);
    }
    for (const id of idsOf(live)) assert.ok(!listed(outcome, id), `${id}\n${outcome.stdout}`);
  });

  it("takes nothing that is younger than an hour for lost", async () => {
    const outcome = await sweep([], 0.5);
    for (const id of idsOf(lost)) assert.ok(!listed(outcome, id), id);
  });

  it("deletes with --yes, in an order AWS accepts, and nothing of others or in use", async () => {
    const outcome = await sweep(["--yes"]);
    assert.equal(outcome.status, 0, outcome.stdout);
    assert.match(
      lastLine(outcome),
      /^sweep: deleted 16 leftovers .* in eu-west-1; 9 resources of ours stay$/,
    );
    const states = await account.instances();
    assert.equal(states[expired.instance], "terminated");
    assert.equal(states[lost.instance], "terminated");
    assert.equal(states[live.instance], "running");
    assert.equal(states[theirs.instance], "running");
    assert.equal((await account.uploads()).length, 2);
  });

  it("has nothing left to list then, and ends well", async () => {
    const outcome = await sweep(["--yes"]);
    assert.equal(outcome.status, 0, outcome.stdout);
    assert.equal(
      outcome.stdout,
      "sweep: nothing is left over in eu-west-1; 9 resources of ours stay\n",
    );
  });

  it("finds what a stack left whose file is gone, in the region that is named", async () => {
    const past = new Date(Date.now() - hours);
    await account.makeBuild("gone", SampleAccount.tags("r9", past, "gone"));
    const refused = await sweep(["--stack", "gone"]);
    assert.equal(refused.status, 1);
    assert.match(refused.stdout, /"gone" has no file Pulumi\.gone\.yaml/);
    const outcome = await sweep(["--stack", "gone", "--region", "eu-west-1", "--yes"]);
    assert.match(lastLine(outcome), /^sweep: deleted 8 leftovers /);
  });

  it("tells what is wrong in a sentence, and ends with 1", async () => {
    const flags = await sweep(["--region", "nowhere", "--stack", "a b"]);
    assert.equal(flags.status, 1);
    assert.match(flags.stdout, /sweep: 2 problems:[^]*"a b" is no stack[^]*"nowhere" is no region/);
    const account = await sweep([], 2, {
      AWS_ACCESS_KEY_ID: undefined,
      AWS_SECRET_ACCESS_KEY: undefined,
    });
    assert.equal(account.status, 1);
    assert.match(account.stdout, /^sweep: AWS credentials: are missing/m);
    assert.match(lastLine(account), /NOT ALL COULD BE LOOKED AT$/);
  });
});

function idsOf({ instance, image, snapshot, volume }: BuildIds): string[] {
  return [instance, image, snapshot, volume];
}

/** A deployment that holds a build's resources, as far as the sweep reads it. */
function stateWith({ instance, image, snapshot, volume }: BuildIds, run: string): unknown {
  const tags = { "ami2box:run": run };
  const resource = (type: string, id: string, outputs: object): object => ({
    urn: `urn:pulumi:nightly::ami2box::${type}::${id}`,
    custom: true,
    id,
    type,
    inputs: {},
    outputs: { ...outputs, tags },
  });
  return {
    version: 3,
    deployment: {
      manifest: { time: "2026-11-24T00:00:00Z", magic: "", version: "" },
      resources: [
        resource("aws:ec2/instance:Instance", instance, {}),
        resource("aws:ec2/amiFromInstance:AmiFromInstance", image, {
          ebsBlockDevices: [{ snapshotId: snapshot }],
        }),
        resource("aws:ebs/volume:Volume", volume, {}),
        resource("aws:ec2/keyPair:KeyPair", "live", {}),
        resource("aws:iam/role:Role", "live", {}),
        resource("aws:iam/instanceProfile:InstanceProfile", "live-profile", { name: "live" }),
      ],
    },
  };
}
