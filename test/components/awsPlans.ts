import assert from "node:assert/strict";

import { declareBox } from "../../components/declareBox";
import { declareSites, type Site } from "../../components/declareSite";
import type { AwsBox } from "../../components/declareAwsSite";
import { projectRoot } from "../../ops/setup/folders";
import type { AccountFacts } from "../../settings/aws/account";
import type { AwsSourceFacts } from "../../settings/aws/sourceFacts";
import type { PlannedBox } from "../../settings/boxPlans";
import { checkSettings } from "../../settings/parse";
import type { AwsPlan } from "../../settings/plan";
import { outputsOf } from "./awsBuild";
import { RecordedStack, stdoutOf, type Registration } from "./recordedStack";

export type Raw = Record<string, unknown>;

const machine = { imageId: "ami-1", sshUser: "admin", instanceType: "t3.medium" };

export const facts: Readonly<Record<"bake" | "ami", AwsSourceFacts>> = {
  bake: {
    type: "bake",
    architecture: "amd64",
    base: {
      id: "ami-1",
      name: "debian-12",
      owner: "136693071363",
      architecture: "amd64",
      rootSnapshotId: "snap-0",
    },
    builder: machine,
  },
  ami: {
    type: "ami",
    architecture: "amd64",
    image: {
      id: "ami-2",
      name: "mine",
      owner: "1",
      architecture: "amd64",
      rootSnapshotId: "snap-2",
    },
    snapshotId: "snap-2",
  },
};

/** A plan as it is made for an account that has everything. */
export function planOf(raw: Raw, source: AwsSourceFacts, worker = true): AwsPlan {
  const { settings, problems } = checkSettings({
    target: "aws",
    publish: { bucket: "acme", prefix: "boxes" },
    ...raw,
  });
  assert.deepEqual(problems, []);
  const account: AccountFacts = {
    account: "123456789012",
    region: "eu-west-1",
    vpcId: "vpc-1",
    sshCidr: "192.0.2.7/32",
    source,
    ...(worker && { worker: { ...machine, instanceType: "c6i.xlarge" } }),
  };
  return {
    settings,
    source: {
      type: source.type,
      settings: settings?.source,
      fingerprint: "0123456789abcdef",
      facts: account,
    },
    boxName: "demo",
    version: "1.0.0",
    recipe: "recipe",
    architectures: ["amd64"],
    boxes: [{ provider: "virtualbox", architecture: "amd64" }],
    ...(worker && { publish: { bucket: "acme", prefix: "boxes", region: "eu-west-1" } }),
    published: [],
    workDirectory: "/var/tmp/ami2box/demo",
    userScripts: [],
    userScriptsDigest: "none",
    diskBytes: 2 ** 32,
    authorizedKeys: "",
    provenance: { recipe: "recipe", source: "an AMI" },
  } as unknown as AwsPlan;
}

/** Declares boxes as `index.ts` does; an only box without a key, several with theirs. */
export function recordBoxes(boxes: readonly [AwsBox, ...AwsBox[]]): Promise<RecordedStack> {
  return RecordedStack.of(() => declareBoxes(boxes), {
    outputsOf: (registration) => ({ ...outputsOf(registration), ...printedBy(registration) }),
    localOutput: () => "2026-11-24T01:00:00Z",
  });
}

/** What commands on a worker print, so that all that follows is declared too. */
function printedBy({ type, name }: Registration): Record<string, unknown> {
  if (type !== "command:remote:Command") return {};
  return {
    stdout: name.endsWith("-prepare") ? JSON.stringify({ stage: "prepare" }) : stdoutOf(name),
  };
}

async function declareBoxes(boxes: readonly [AwsBox, ...AwsBox[]]): Promise<Site[]> {
  const [first, ...others] = boxes.map((box) => ({ ...box, label: box.key ?? "demo", raw: {} }));
  const sites = await declareSites(
    [first as PlannedBox, ...(others as PlannedBox[])],
    projectRoot(),
  );
  for (const [index, { worker, ...site }] of sites.entries()) {
    const { plan, key } = boxes[index]!;
    if (worker && plan.publish) declareBox(plan, { ...site, worker, publish: plan.publish, key });
  }
  return sites;
}

/** The stack of a plan, and whether it gives an AMI out. */
export async function record(plan: AwsPlan): Promise<{ stack: RecordedStack; amiId: boolean }> {
  let amiId = false;
  const stack = await RecordedStack.of(
    async () => {
      const [site] = await declareBoxes([{ plan }]);
      amiId = site?.amiId !== undefined;
    },
    { outputsOf, localOutput: () => "2026-11-24T01:00:00Z" },
  );
  return { stack, amiId };
}

/** A bake with a script, a reboot, and an AMI that is kept. */
export const bakeRaw: Raw = {
  source: { type: "bake", base: { ami: "ami-0123456789abcdef0" }, keepDays: 30 },
  provisioning: { scripts: ["README.md", { reboot: true }] },
};
