import type { RegistryStore } from "../publish/registryStore";
import type { RegistryCatalog } from "./standing";
import { writeCatalogPages } from "./writePages";

/**
 * Changes which versions of a box Vagrant finds, and the pages with it.
 *
 * @param change makes the new catalog from the one there is
 * @returns the catalog as it is now
 * @throws Error when there is no catalog of that box; whatever `change` throws, and then nothing is changed
 */
export async function changeStanding(
  store: RegistryStore,
  boxName: string,
  change: (catalog: RegistryCatalog) => RegistryCatalog,
): Promise<RegistryCatalog> {
  const { catalog } = await store.updateCatalog(boxName, (current) => {
    if (current === undefined) throw noSuchBox(store, boxName);
    return change(current);
  });
  await writeCatalogPages(store, boxName);
  return catalog;
}

/** The error for a box that has no catalog. */
export function noSuchBox(store: RegistryStore, boxName: string): Error {
  return new Error(`${boxName} has no catalog in ${store.place}; check the name and the settings`);
}
