import { catalogText } from "../../formats/catalog";
import { catalogKey, type RegistryStore } from "../publish/registryStore";
import { exampleVagrantfile } from "./exampleVagrantfile";
import { indexHtml } from "./indexHtml";

/** Address of the machine in the Vagrantfile to download, where the settings name none. */
const defaultPrivateAddress = "10.10.1.10";

/** How often to write again when others keep changing the catalog; the last of them writes too. */
const attempts = 5;

/**
 * Writes a Vagrantfile to download beside the catalog.
 *
 * @param privateAddress IPv4 address of the machine on a private network; 10.10.1.10 by default
 */
export function writeVagrantfile(
  store: RegistryStore,
  boxName: string,
  privateAddress: string = defaultPrivateAddress,
): Promise<void> {
  const catalogUrl = store.url(catalogKey(boxName));
  return store.writePage(
    `${boxName}/Vagrantfile`,
    "text/plain; charset=utf-8",
    exampleVagrantfile({ name: boxName, catalogUrl, privateAddress }),
  );
}

/**
 * Writes what is made from a catalog alone: its page for people, and the catalog again where Vagrant looks for
 * `organisation/name`. Of builds that finish at once, both show what the last of them left.
 */
export async function writeCatalogPages(store: RegistryStore, boxName: string): Promise<void> {
  const catalogUrl = store.url(catalogKey(boxName));
  const shorthands = boxName.includes("/") ? store.shorthandKeys(boxName) : [];
  let written: string | undefined;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const catalog = await store.readCatalog(boxName);
    if (catalog === undefined || catalogText(catalog) === written) return;
    written = catalogText(catalog);
    const page = indexHtml(catalog, catalogUrl);
    await store.writePage(`${boxName}/index.html`, "text/html; charset=utf-8", page);
    for (const key of shorthands) await store.writePage(key, "application/json", written);
  }
}
