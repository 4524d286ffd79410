import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { parseCatalog } from "../../formats/catalog";
import { readLocalSettings } from "../../ops/localStack";
import { projectRoot } from "../../ops/setup/folders";
import { folderPublish } from "../../settings/schema/publish";
import { succeed } from "./commands";

/** Names the box to test; the newest is taken without it. */
export const BOX_VARIABLE = "AMI2BOX_CLIENTS_BOX";

/** How long `npm run box` may take, in seconds. */
export const MAKING_SECONDS = 1800;

/** A box in a folder of catalogs. */
export interface PublishedBox {
  readonly file: string;
  readonly catalog: string;
  readonly name: string;
  readonly version: string;
}

/** @throws Error if the file does not stand below a catalog that names its version */
function publishedBox(file: string): PublishedBox {
  const version = basename(dirname(file));
  const catalog = join(dirname(file), "..", "catalog.json");
  const { name, versions } = existsSync(catalog)
    ? parseCatalog(readFileSync(catalog, "utf8"))
    : { name: "", versions: [] };
  if (versions.some((each) => each.version === version)) return { file, catalog, name, version };
  throw new Error(
    `${BOX_VARIABLE} is ${file}, but must be a box as npm run box leaves it: ` +
      "FOLDER/NAME/VERSION/FILE.box with FOLDER/NAME/catalog.json.",
  );
}

function newestBelow(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  const boxes = readdirSync(folder, { recursive: true, encoding: "utf8" })
    // A version that is being published has a name with a dot until it is whole.
    .filter((path) => path.endsWith(".box") && !path.split("/").some((each) => each[0] === "."))
    .map((path) => join(folder, path));
  const age = (file: string): number => statSync(dirname(file)).ctimeMs;
  return boxes.sort((a, b) => age(b) - age(a))[0];
}

/**
 * The box to test: what {@link BOX_VARIABLE} names, else the one published last, else one that is
 * made now with the settings of the `local` stack.
 */
export async function boxToTest(context: Mocha.Context): Promise<PublishedBox> {
  context.timeout((MAKING_SECONDS + 60) * 1000);
  const named = process.env[BOX_VARIABLE];
  if (named !== undefined && named !== "") return publishedBox(resolve(named));
  const root = projectRoot();
  const { directory } = folderPublish.parse(readLocalSettings(root)["publish"] ?? {});
  const folder = resolve(root, directory);
  if (newestBelow(folder) === undefined) {
    process.stderr.write(`No box stands in ${folder} yet: making one, as npm run box does.\n`);
    await succeed(process.execPath, ["ops/setup/run.mjs", "ops/box.ts"], {
      cwd: root,
      seconds: MAKING_SECONDS,
      onLine: (line) => process.stderr.write(`${line}\n`),
    });
  }
  const newest = newestBelow(folder);
  if (newest === undefined) throw new Error(`npm run box left no box in ${folder}.`);
  return publishedBox(newest);
}
