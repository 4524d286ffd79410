import { join } from "node:path";
import { local, type types } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

/** Inputs of a local command; the SDK leaves `logging` without its names. */
export type CommandArgs = local.CommandArgs & { logging?: types.enums.local.Logging };

/** Prints one line of 70,000 characters, without a newline. */
export const longLine = "head -c 70000 /dev/zero | tr '\\0' x";

/** The commands of the first run, by name; they append to files in `folder`. */
export function firstCommands(folder: string): Record<string, CommandArgs> {
  const to = (file: string): string => `>> '${folder}/${file}'`;
  return {
    life: {
      create: "echo out; echo err >&2",
      update: `echo "update after $PULUMI_COMMAND_STDOUT, $PULUMI_COMMAND_STDERR" ${to("life")}`,
      environment: { A: "1" },
    },
    rerun: {
      create: `echo "create $A, before: $PULUMI_COMMAND_STDOUT" ${to("rerun")}; echo done`,
      delete: `echo "delete $A" ${to("rerun")}`,
      environment: { A: "1" },
    },
    forgetful: {
      create: 'echo "[$PULUMI_COMMAND_STDOUT]"',
      environment: { A: "1" },
      addPreviousOutputInEnv: false,
    },
    triggered: {
      create: `echo "create $A" ${to("triggered")}`,
      delete: `echo "delete $A" ${to("triggered")}`,
      environment: { A: "1" },
      triggers: [1],
    },
    quiet: { create: "echo same" },
    empty: {},
    shown: {
      create: 'echo "$GREETING"; cat; pwd; printf "two\\n\\n"',
      environment: { GREETING: "hello" },
      stdin: "from stdin\n",
      dir: "/",
    },
    interpreted: {
      create: "console.log(6 * 7)",
      interpreter: [process.execPath, "--eval"],
    },
    files: {
      create: "mkdir -p a/b; echo x > a/b/x.js; echo y > a/b/secret.js; echo z > z.txt",
      dir: join(folder, "project"),
      assetPaths: ["a/**.js", "!**secret.*"],
      archivePaths: ["*.txt"],
    },
    secretive: { create: "echo $TOKEN", environment: { TOKEN: pulumi.secret("s3cret") } },
    out: { create: "echo 1; echo 2 >&2", logging: "stdout" },
    err: { create: "echo 1; echo 2 >&2", logging: "stderr" },
    both: { create: "echo 1; sleep 0.1; echo 2 >&2", logging: "stdoutAndStderr" },
    none: { create: `${longLine}; echo; echo 2 >&2`, logging: "none" },
  };
}

/** The commands that differ in the second run. */
export function secondCommands(folder: string): Record<string, CommandArgs> {
  return {
    life: {
      create: "exit 99",
      update: `echo "update after $PULUMI_COMMAND_STDOUT, $PULUMI_COMMAND_STDERR" >> '${folder}/life'`,
    },
    rerun: {
      create: `echo "create $A, before: $PULUMI_COMMAND_STDOUT" >> '${folder}/rerun'; echo done`,
      delete: `echo "delete $A" >> '${folder}/rerun'`,
      environment: { A: "2" },
    },
    forgetful: {
      create: 'echo "[$PULUMI_COMMAND_STDOUT]"',
      environment: { A: "2" },
      addPreviousOutputInEnv: false,
    },
    triggered: {
      create: `echo "create $A" >> '${folder}/triggered'`,
      delete: `echo "delete $A" >> '${folder}/triggered'`,
      environment: { A: "2" },
      triggers: [2],
    },
  };
}

/** Commands that fail, each in its own way. */
export const failingCommands: Record<string, CommandArgs> = {
  quiet: { create: "echo half; echo wrong >&2; exit 3" },
  neverMade: { create: 'echo "a\tb"; kill -9 $$' },
  noFolder: { create: "true", dir: "/no/such/folder" },
  noProgram: { create: "true", interpreter: ["no-such-program"] },
  tooLong: { create: `${longLine}; echo; sleep 60` },
};

/** A program of these commands, with their stdout, the files of `files` and two invokes as outputs of the stack. */
export function program(commands: Record<string, CommandArgs>): pulumi.automation.PulumiFn {
  return () => {
    const all = Object.entries(commands).map(
      ([name, args]) => [name, new local.Command(name, args)] as const,
    );
    const files = all.find(([name]) => name === "files")?.[1];
    return Promise.resolve({
      invoked: local.run({ command: "echo ran; exit 0", dir: "/" }).then(({ stdout }) => stdout),
      invokedOutput: local.runOutput({ command: pulumi.output("cat"), stdin: "in" }).stdout,
      ...Object.fromEntries(all.map(([name, command]) => [name, command.stdout])),
      assets: files?.assets,
      archive: files?.archive,
    });
  };
}
