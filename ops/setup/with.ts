// Runs a command in the project's environment, after set-up:
//   node ops/setup/run.mjs ops/setup/with.ts PURPOSE COMMAND [ARGUMENT...]
//   node ops/setup/run.mjs ops/setup/with.ts test mocha --grep vmdk
//   node ops/setup/run.mjs ops/setup/with.ts box pulumi stack output boxUrl
import { spawn } from "node:child_process";
import { setUp, setUpTools, type Purpose } from "./index";

const PURPOSES: readonly Purpose[] = ["box", "cloud", "test", "clients", "bench", "lint"];

/** Sets up for a purpose, runs the command and gives its exit status. */
export async function main(args: readonly string[]): Promise<number> {
  const [purpose, command, ...rest] = args;
  const known = PURPOSES.find((candidate) => candidate === purpose);
  if (known === undefined || command === undefined) {
    throw new Error(`Usage: with.ts ${PURPOSES.join("|")} COMMAND [ARGUMENT...]`);
  }
  // Checking the sources needs no Pulumi CLI, and none should be built for it.
  if (known === "lint") await setUpTools(known);
  const env = known === "lint" ? process.env : (await setUp(known)).variables;
  return new Promise((resolve, reject) => {
    const child = spawn(command, rest, { stdio: "inherit", env });
    // Ctrl-C reaches the command from the terminal; it decides how to end.
    process.on("SIGINT", () => undefined);
    for (const signal of ["SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => child.kill(signal));
    }
    child.on("error", (error) => reject(new Error(`Cannot run ${command}: ${error.message}.`)));
    child.on("close", (code) => resolve(code ?? 1));
  });
}

if (require.main === module) {
  main(process.argv.slice(2)).then(
    (status) => (process.exitCode = status),
    (error: Error) => {
      process.stderr.write(`${error.message}\n`);
      process.exitCode = 1;
    },
  );
}
