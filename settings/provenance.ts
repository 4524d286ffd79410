import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

import type { AccountFacts } from "./aws/account";
import type { SourceIdentity } from "./sourceIdentity";

/** Each script by its name and the SHA-256 of its content, as `sha256sum` prints it. */
export function scriptDigests(scripts: readonly string[], projectDirectory: string): string {
  const digest = (script: string): string =>
    createHash("sha256")
      .update(fs.readFileSync(path.resolve(projectDirectory, script)))
      .digest("hex");
  return scripts.map((script) => `${path.basename(script)} sha256 ${digest(script)}`).join(", ");
}

/** Where a box comes from. */
export function describeSource(source: SourceIdentity): Record<string, string> {
  switch (source.type) {
    case "debian":
      return {
        source: `Debian ${source.settings.suite}`,
        archive: source.settings.mirror,
        archiveState: source.fingerprint,
      };
    case "image":
      return { source: path.basename(source.path), imageFormat: source.format };
    default:
      return { ...describeAwsSource(source.facts), region: source.facts.region };
  }
}

function describeAwsSource({ source }: AccountFacts): Record<string, string> {
  switch (source.type) {
    case "bake":
      return { source: `AMI baked from ${source.base.name}`, baseAmi: source.base.id };
    case "ami":
      return { source: `AMI ${source.image.name}`, ami: source.image.id };
    case "snapshot":
      return { source: `snapshot ${source.snapshotId}` };
  }
}
