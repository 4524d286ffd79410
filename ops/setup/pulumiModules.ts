import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A program that is built from a Go module of this folder. */
export interface PulumiProgram {
  /** Name of the executable. */
  readonly name: string;
  /** Folder with go.mod and go.sum. */
  readonly folder: string;
  /** Import path of its main package. */
  readonly mainPackage: string;
  /** Release that go.mod requires, such as `v3.259.0`. */
  readonly version: string;
  /** Oldest Go that builds it, such as `1.25.11`. */
  readonly goVersion: string;
}

/** Reads what a go.mod says about Go and about one required module. */
export function readGoMod(text: string, module: string): { version: string; goVersion: string } {
  const goVersion = /^go (\S+)$/m.exec(text)?.[1];
  const escaped = module.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const version = new RegExp(`^(?:require|\\t)\\s*${escaped} (v\\S+)`, "m").exec(text)?.[1];
  if (goVersion === undefined || version === undefined) {
    throw new Error(`This go.mod lacks a \`go\` line or does not require ${module}.`);
  }
  return { version, goVersion };
}

function program(name: string, folderName: string, module: string, path: string): PulumiProgram {
  const folder = join(__dirname, "pulumi", folderName);
  const goMod = readFileSync(join(folder, "go.mod"), "utf8");
  return { name, folder, mainPackage: `${module}/${path}`, ...readGoMod(goMod, module) };
}

/**
 * The Pulumi CLI and the Node.js language host as Go modules. The two come in different versions:
 * v3.68.0 of `sdk/v3` is the last module that still contains the host's source.
 */
export function pulumiPrograms(): readonly [cli: PulumiProgram, languageHost: PulumiProgram] {
  return [
    program("pulumi", "cli", "github.com/pulumi/pulumi/pkg/v3", "cmd/pulumi"),
    program(
      "pulumi-language-nodejs",
      "language-nodejs",
      "github.com/pulumi/pulumi/sdk/v3",
      "nodejs/cmd/pulumi-language-nodejs",
    ),
  ];
}
