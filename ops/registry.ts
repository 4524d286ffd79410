// Looks at a registry and changes which versions it offers. See ops/registry/registryFlags.ts.
//   node ops/setup/run.mjs ops/registry.ts ACTION [flags]
import { InputError } from "../formats/problems";
import { changeLines, changeStanding } from "./registry/changeStanding";
import { listBoxes, listVersions } from "./registry/listing";
import { openRegistry, type RegistryPlace } from "./registry/place";
import { planPruning, prune, prunedText } from "./registry/prune";
import { parseRegistryFlags, registryUsage, type RegistryAction } from "./registry/registryFlags";
import { pin, restore, rollBack, unpin, yank } from "./registry/standing";
import { projectRoot } from "./setup/folders";

const changes = { yank, restore, rollback: rollBack, pin, unpin };

/**
 * Does what a command line asks for.
 *
 * @returns what it prints
 * @throws InputError when it cannot be understood, or names what is not there
 */
export async function registryCommand(
  args: readonly string[],
  now: Date = new Date(),
): Promise<string> {
  const flags = parseRegistryFlags(args);
  if (flags === "help") return `${registryUsage}\n`;
  const place = await openRegistry(flags, projectRoot(), process.env);
  return (await act(flags.action, place, now)).map((line) => `${line}\n`).join("");
}

async function act(
  action: RegistryAction,
  { store, box, keep }: RegistryPlace,
  now: Date,
): Promise<readonly string[]> {
  if (box === undefined) {
    if (action.name === "list") return listBoxes(store);
    throw new InputError("registry", [
      "the settings name no box, or several; give --box NAME, which list names",
    ]);
  }
  const about = (text: string): string => `registry: ${box}: ${text}`;
  switch (action.name) {
    case "list":
      return listVersions(store, box);
    case "prune": {
      const pruning = { keep: action.keep ?? keep, now };
      const found = await (action.yes ? prune : planPruning)(store, box, pruning);
      const young = found.young.map(({ version }) =>
        about(`${version} is in no catalog, and stays for a day: a build may be writing it`),
      );
      const said = prunedText(found);
      if (said === undefined) return [...young, about("there is nothing to remove")];
      const line = action.yes ? `removed: ${said}` : `would go: ${said}; --yes removes it`;
      return [...young, about(line)];
    }
    default: {
      const change = changes[action.name];
      const done = await changeStanding(store, box, (catalog) => change(catalog, action.version));
      return changeLines(done).map(about);
    }
  }
}

if (require.main === module) {
  registryCommand(process.argv.slice(2)).then(
    (text) => process.stdout.write(text),
    (error: Error) => {
      process.stderr.write(`${error.message}\n`);
      process.exitCode = 1;
    },
  );
}
