import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { nameFor } from "../../components/architecture";
import {
  BoxPipeline,
  type ArchitectureSource,
  type BoxPipelineArgs,
} from "../../components/BoxPipeline";
import { DebianSource } from "../../components/DebianSource";
import { LocalWorker } from "../../components/LocalWorker";
import { Preflight } from "../../components/Preflight";
import { toolEntryPoints } from "../../components/stages";
import type { BoxArchitecture } from "../../formats/box/texts";
import { projectRoot } from "../../ops/setup/folders";

/**
 * A project with the real scripts, and with tools that do nothing and are bundled at once.
 *
 * @returns its folder, which the caller removes
 */
export function makeSampleProject(): string {
  const project = fs.mkdtempSync(path.join(tmpdir(), "ami2box-components-"));
  fs.cpSync(path.join(projectRoot(), "scripts"), path.join(project, "scripts"), {
    recursive: true,
  });
  for (const [name, file] of Object.entries(toolEntryPoints)) {
    fs.mkdirSync(path.join(project, path.dirname(file)), { recursive: true });
    fs.writeFileSync(path.join(project, file), `console.log("${name}");\n`);
  }
  return project;
}

/** The whole chain for a Debian box, as `index.ts` declares it, with plain values. */
export function declareDebianBox(
  projectDirectory: string,
  given: Partial<BoxPipelineArgs> = {},
  architectures: readonly BoxArchitecture[] = ["amd64"],
): BoxPipeline {
  const worker = new LocalWorker("worker", { projectDirectory, workDirectory: "work/demo" });
  const preflight = new Preflight("preflight", {
    worker,
    boxName: "demo",
    boxVersion: "1.0.0",
    recipe: "recipe",
    boxes: [{ provider: "virtualbox", architecture: "amd64" }],
    publish: { directory: "/out" },
    diskBytes: 2 ** 32,
    firmware: "bios",
    skipFixes: [],
  });
  const sources = architectures.map((architecture) => ({
    architecture,
    source: new DebianSource(
      nameFor("source", architecture),
      {
        worker,
        architecture,
        suite: "bookworm",
        mirror: "http://archive.example/debian",
        securityMirror: "http://archive.example/security",
        packages: ["jq", "curl"],
        epoch: 1700000000,
        cacheDirectory: "/cache",
      },
      { dependsOn: [preflight] },
    ),
  })) as readonly ArchitectureSource[] as [ArchitectureSource, ...ArchitectureSource[]];
  return new BoxPipeline(
    "box",
    {
      worker,
      providers: ["virtualbox"],
      sources,
      userScripts: ["a.sh", "b.sh"],
      userScriptsDigest: "digest-of-scripts",
      guestAdditions: "auto",
      skipFixes: ["cloud-users", "kernel"],
      preflight: preflight.result,
      box: {
        name: "demo",
        version: "1.0.0",
        description: "It's a demo",
        diskBytes: 2 ** 32,
        hardware: { cpus: 2 },
        firmware: "bios",
        access: "public",
        authorizedKeys: "",
        vagrantfile: [],
        compression: "fast",
      },
      bootProof: { timeoutSeconds: 120 },
      publish: { directory: "/out" },
      provenance: { recipe: "recipe", source: "Debian bookworm" },
      ...given,
    },
    { dependsOn: [preflight] },
  );
}

/** The commands of that chain in the order they run. */
export const chain = [
  "preflight-checks",
  "source-bootstrap",
  "box-provision",
  "box-raw-disk",
  "box-box",
  "box-boot-proof",
  "box-publish",
] as const;
