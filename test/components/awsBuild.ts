import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import * as pulumi from "@pulumi/pulumi";

import { BakedAmi, type BakedAmiArgs } from "../../components/BakedAmi";
import { BuildRun } from "../../components/BuildRun";
import { EphemeralKeyPair } from "../../components/EphemeralKeyPair";
import { SourceVolume } from "../../components/SourceVolume";
import { Worker } from "../../components/Worker";
import { WorkerRole } from "../../components/WorkerRole";
import { WorkerSecurityGroup } from "../../components/WorkerSecurityGroup";
import { projectRoot } from "../../ops/setup/folders";
import { RecordedStack, type Registration } from "./recordedStack";

/** What AWS, TLS and random would give, as far as the components read it. */
export function outputsOf({ type, name }: Registration): Record<string, unknown> {
  switch (type) {
    case "tls:index/privateKey:PrivateKey":
      return {
        privateKeyOpenssh: `PRIVATE KEY of ${name}`,
        publicKeyOpenssh: `ssh-ed25519 AAAA-${name}\n`,
      };
    case "random:index/randomId:RandomId":
      return { hex: "1a2b3c4d" };
    case "aws:ec2/instance:Instance":
      return { publicIp: "192.0.2.9", availabilityZone: "eu-west-1a" };
    case "aws:ec2/amiFromInstance:AmiFromInstance":
      return { rootSnapshotId: "snap-1" };
    default:
      return {};
  }
}

/** A user's script to be run in the bake. */
export function makeUserScript(): string {
  const folder = fs.mkdtempSync(path.join(tmpdir(), "ami2box-own-"));
  const script = path.join(folder, "install it.sh");
  fs.writeFileSync(script, "true\n");
  return script;
}

/** The components of an AWS build as the program puts them together. */
export async function recordAwsBuild(over: Partial<BakedAmiArgs> = {}): Promise<RecordedStack> {
  return RecordedStack.of(
    () => {
      const { tags } = new BuildRun("run", { recipe: "r", lifetimeHours: 4 });
      const keyPair = new EphemeralKeyPair("key", { tags });
      const group = new WorkerSecurityGroup("network", { sshCidr: "192.0.2.7/32", tags });
      const role = new WorkerRole("role", {
        bucket: "boxes",
        prefix: "vagrant",
        region: "eu-west-1",
        tags,
      });
      const machine = {
        instanceType: "c7i.large",
        keyName: keyPair.keyName,
        privateKey: keyPair.privateKey,
        securityGroupId: group.groupId,
        lifetimeHours: 4,
        tags,
      };
      const worker = new Worker("worker", {
        ...machine,
        imageId: "ami-stock",
        sshUser: "admin",
        instanceProfile: role.profileName,
        rootGiB: 30,
        spot: false,
      });
      const baked = new BakedAmi("bake", {
        ...machine,
        projectDirectory: projectRoot(),
        baseImageId: "ami-base",
        sshUser: "ubuntu",
        publicKey: keyPair.publicKey,
        waitFor: [...group.rules],
        userSteps: [],
        guestAdditions: "auto",
        recipe: "0123456789abcdef",
        ...over,
      });
      new SourceVolume("source", {
        snapshotId: baked.snapshotId,
        instanceId: worker.instanceId,
        availabilityZone: worker.availabilityZone,
        tags,
      });
    },
    { outputsOf, localOutput: () => "2026-11-24T01:00:00Z" },
  );
}

/** Names of all that a resource waits for, at any distance. */
export function waitsFor(stack: RecordedStack, name: string): Set<string> {
  const found = new Set<string>();
  const follow = (each: string): void => {
    for (const urn of stack.optionsOf(each).dependencies) {
      const dependency = nameOf(urn);
      if (!found.has(dependency)) {
        found.add(dependency);
        follow(dependency);
      }
    }
  };
  follow(name);
  return found;
}

/** The name at the end of a URN. */
export function nameOf(urn: string): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}

/** A secret of a registration's inputs, taken out of its wrapping. */
export function plain(value: unknown): unknown {
  return pulumi.runtime.isRpcSecret(value) ? pulumi.runtime.unwrapRpcSecret(value) : value;
}
