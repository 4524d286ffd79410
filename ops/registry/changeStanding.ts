import type { RegistryStore } from "../publish/registryStore";
import { boxNames } from "./inventory";
import type { RegistryCatalog } from "./standing";
import { writeCatalogPages } from "./writePages";

/** A catalog before and after a change. */
export interface StandingChange {
  readonly before: RegistryCatalog;
  readonly after: RegistryCatalog;
}

/**
 * Changes which versions of a box Vagrant finds, and the pages with it.
 *
 * @param change makes the new catalog from the one there is
 * @returns the catalog as it was and as it is now
 * @throws Error when there is no catalog of that box; whatever `change` throws, and then nothing is changed
 */
export async function changeStanding(
  store: RegistryStore,
  boxName: string,
  change: (catalog: RegistryCatalog) => RegistryCatalog,
): Promise<StandingChange> {
  if ((await store.readCatalog(boxName)) === undefined) throw await noSuchBox(store, boxName);
  let before: RegistryCatalog | undefined;
  const { catalog: after } = await store.updateCatalog(boxName, (current) => {
    before = current;
    if (current === undefined)
      throw new Error(`the catalog of ${boxName} has just gone; try again`);
    return change(current);
  });
  await writeCatalogPages(store, boxName);
  return { before: before ?? after, after };
}

/** The error for a box that has no catalog, with the boxes that have one. */
export async function noSuchBox(store: RegistryStore, boxName: string): Promise<Error> {
  // Who may not list a bucket is told less.
  const files = await store.listFiles().catch(() => undefined);
  const there = files && `; there are: ${boxNames(files).join(", ") || "none"}`;
  return new Error(`${boxName} is no box in ${store.place}${there ?? "; check its name"}`);
}

/** What a change did, a line for each thing; one line when it did nothing. */
export function changeLines({ before, after }: StandingChange): string[] {
  const listed = numbersIn(before.versions);
  const listedNow = numbersIn(after.versions);
  const [current, currentNow] = [listed.at(-1), listedNow.at(-1)];
  const said: readonly (readonly [string, readonly string[]])[] = [
    ["withdrawn", without(listed, listedNow)],
    ["restored", without(listedNow, listed)],
    ["pinned", without(after.pinned, before.pinned)],
    ["no longer pinned", without(before.pinned, after.pinned)],
  ];
  const lines = [
    ...said.flatMap(([what, versions]) =>
      versions.length === 0 ? [] : [`${what}: ${versions.join(", ")}`],
    ),
    ...(current === currentNow ? [] : [`current: ${currentNow}, until now ${current}`]),
  ];
  return lines.length > 0 ? lines : ["nothing has changed"];
}

function numbersIn(versions: RegistryCatalog["versions"]): string[] {
  return versions.map(({ version }) => version);
}

function without(versions: readonly string[] = [], others: readonly string[] = []): string[] {
  return versions.filter((version) => !others.includes(version));
}
