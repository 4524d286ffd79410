import { strict as assert } from "node:assert";
import * as fs from "node:fs";
import * as path from "node:path";

import type { Report } from "../../ops/report/reportData";
import { grants, type PolicyDocument } from "../aws/emulator/s3Permissions";
import { leftoversOf, nothingLeft } from "../support/leftovers";
import { runStage } from "../support/stageRun";
import { Vagrant } from "../support/vagrant";
import { AwsProject, bucket, type UpOutcome } from "./awsProject";

const minutes = 60_000;

/**
 * The mission's own target, as a user does it: the stack `nightly` with a region and a bucket. The engine,
 * the program, the SDKs, the scripts over SSH, the boot and Vagrant are the real ones; AWS is emulated. The
 * steps build on each other: one build meets a failure at each of its stages and goes on after it.
 */
describe("a box made in (emulated) AWS", function () {
  this.timeout(15 * minutes);
  this.bail(true);

  const boxName = "nightly";
  let project: AwsProject;
  let vagrant: Vagrant;
  const said: string[] = [];

  before(async () => {
    project = await AwsProject.make("nightly", { baseDisk: true });
    vagrant = new Vagrant();
    project.configure({ "aws:region": "eu-west-1", publish: { bucket, prefix: "boxes" } });
    project.configure({ box: { name: boxName, version: "1.0.0" } });
  });

  after(async () => {
    await project.destroy();
    await project.remove();
    vagrant.remove();
    assert.deepEqual(leftoversOf(project.aws.folder), nothingLeft);
  });

  const stageNames = ["preflight", "provision", "raw-disk", "box", "boot-proof", "publish"];

  /** The stages that an `up` brought to their end. */
  function stagesDone({ done }: UpOutcome): string[] {
    const commands = done.filter(({ type }) => type === "command:remote:Command");
    const stageOf = (name: string): string | undefined =>
      name === "preflight-checks"
        ? "preflight"
        : stageNames.find((stage) => name.endsWith(`-${stage}`));
    return commands.flatMap(({ name }) => (name.startsWith("bake") ? [] : (stageOf(name) ?? [])));
  }

  async function up(): Promise<UpOutcome> {
    const outcome = await project.up();
    said.push(outcome.said);
    return outcome;
  }

  /** Puts a script that fails in place of a stage's on the worker; returns what puts it back. */
  async function breakStage(stage: string): Promise<() => Promise<void>> {
    const script = `/var/tmp/ami2box/${boxName}/kit/scripts/stages/${stage}.sh`;
    await project.onWorker(
      `mv ${script} ${script}.whole && echo 'echo "broken by the test" >&2; exit 3' >${script}`,
    );
    return async () => void (await project.onWorker(`mv ${script}.whole ${script}`));
  }

  function assertFailedIn(stage: string, { status, said: text }: UpOutcome): void {
    assert.notEqual(status, 0, text);
    assert.match(text, new RegExp(`run-stage\\.sh' ${stage} `), text);
  }

  it("bakes the image and prepares the worker, and stops when it may not publish", async () => {
    // What a bucket's owner who denies uploads answers.
    project.aws.faults.fail("CreateMultipartUpload", {
      times: 1000,
      code: "InvalidRequest",
      status: 400,
    });
    const outcome = await up();
    assertFailedIn("preflight", outcome);
    assert.deepEqual(stagesDone(outcome), []);
    assert.ok(
      outcome.done.some(({ type }) => type === "aws:ec2:AmiFromInstance"),
      outcome.said,
    );
    project.aws.faults.clear();
  });

  for (const [index, stage] of stageNames.entries()) {
    if (stage === "preflight" || stage === "publish") continue;
    it(`goes on where it ended, and stops when ${stage} fails`, async () => {
      const mend = await breakStage(stage);
      const outcome = await up();
      assertFailedIn(stage, outcome);
      assert.deepEqual(stagesDone(outcome), stageNames.slice(index - 1, index));
      assert.ok(!outcome.done.some(({ type }) => type.startsWith("aws:")), outcome.said);
      await mend();
    });
  }

  it("goes on with the boot proof, and leaves no catalog when the upload fails", async () => {
    project.aws.faults.fail("PutObject", { times: 1000, code: "InvalidRequest", status: 400 });
    const outcome = await up();
    assertFailedIn("publish", outcome);
    assert.deepEqual(stagesDone(outcome), ["boot-proof"]);
    assert.equal((await fetch(project.objectUrl(`boxes/${boxName}/catalog.json`))).status, 403);
    project.aws.faults.clear();
  });

  it("publishes the box that has booted, and tells where", async () => {
    const outcome = await up();
    assert.equal(outcome.status, 0, outcome.said);
    assert.deepEqual(stagesDone(outcome), ["publish"]);
    const [catalogUrl, reportUrl, amiId] = await Promise.all(
      ["catalogUrl", "reportUrl", "amiId"].map((name) => project.output(name)),
    );
    assert.equal(catalogUrl, project.objectUrl(`boxes/${boxName}/catalog.json`));
    assert.match(amiId ?? "", /^ami-[0-9a-f]+$/);
    const reportJson = (reportUrl ?? "").replace(/html$/, "json");
    const { box, checks, cost } = (await (await fetch(reportJson)).json()) as Report;
    const paid = (cost?.lines ?? []).map(({ name }) => name);
    for (const name of ["builder", "worker", "source's volume", "snapshot of the AMI"]) {
      assert.ok(paid.includes(name), `${name} is not among ${paid.join(", ")}`);
    }
    assert.equal(box.version, "1.0.0");
    assert.ok(checks.length >= 30 && checks.every(({ ok }) => ok));
  });

  it("does nothing when nothing has changed", async () => {
    const outcome = await up();
    assert.equal(outcome.status, 0, outcome.said);
    assert.deepEqual(outcome.done, []);
  });

  it("is fetched from S3 through its catalog by the real Vagrant, and boots", async () => {
    const catalog = await project.output("catalogUrl");
    await vagrant.runBeside(["box", "add", "--provider", "virtualbox", catalog]);
    assert.match(vagrant.run(["box", "list"]), /nightly\s+\(virtualbox, 1\.0\.0/);
    const box = path.join(project.path(), "fetched.box");
    const response = await fetch(await project.output("boxUrl"));
    fs.writeFileSync(box, Buffer.from(await response.arrayBuffer()));
    const alive = 'echo "1..1"; id -un | sed "s/^/ok 1 - is /"\n';
    const variables = {
      WORK_DIR: project.path("proof"),
      OUT_DIR: project.path("proof/evidence"),
      BOX: box,
      CLONES: "1",
      GUEST_CHECKS: project.writeFile("alive.sh", alive),
    };
    // One login is enough: the build has checked this very box.
    const proof = runStage("boot-proof", variables, 400);
    assert.equal(proof.status, 0, proof.stderr);
  });

  it("shows no private key in the state, in what was printed or on a command line", async () => {
    const state = await project.exportedState();
    for (const text of [state, ...said]) {
      assert.doesNotMatch(text, /PRIVATE KEY/);
      // The first bytes of any key in OpenSSH's format, `openssh-key-v1`, in Base64.
      assert.doesNotMatch(text, /b3BlbnNzaC1rZXktdjE/);
    }
    assert.match(state, /"ciphertext"/);
  });

  it("needs no permission that the operator's policy does not give", () => {
    const text = fs.readFileSync("docs/aws-operator-policy.json", "utf8");
    const policy = JSON.parse(text) as PolicyDocument;
    // Anybody may ask who they are.
    const needed = project.operatorPermissions().filter((each) => each !== "sts:GetCallerIdentity");
    assert.ok(needed.includes("ec2:RunInstances"));
    assert.deepEqual(
      needed.filter((each) => !grants(policy, each)),
      [],
    );
  });

  it("leaves nothing in the account when destroyed, and the box where it is", async () => {
    const { status, said: text } = await project.destroy();
    assert.equal(status, 0, text);
    assert.deepEqual(await project.leftovers(), []);
    assert.equal((await fetch(project.objectUrl(`boxes/${boxName}/catalog.json`))).status, 200);
    assert.equal(
      (await fetch(project.objectUrl(`boxes/${boxName}/1.0.0/virtualbox-amd64.box`))).status,
      200,
    );
  });
});
