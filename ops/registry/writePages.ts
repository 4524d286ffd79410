import { catalogText } from "../../formats/catalog";
import { catalogKey, type RegistryStore } from "../publish/registryStore";
import { exampleVagrantfile } from "./exampleVagrantfile";
import { indexHtml } from "./indexHtml";

/** Address of the machine in the Vagrantfile to download, where the settings name none. */
const defaultPrivateAddress = "10.10.1.10";

/** How often to write again when others keep changing the catalog; the last of them writes too. */
const attempts = 5;

/**
 * Writes what is read beside a catalog: its page for people and a Vagrantfile to download. Both are made from
 * the catalog alone; of builds that finish at once, the page shows what the last of them left.
 *
 * @param privateAddress IPv4 address of the machine on a private network; 10.10.1.10 by default
 */
export async function writePages(
  store: RegistryStore,
  boxName: string,
  privateAddress: string = defaultPrivateAddress,
): Promise<void> {
  const page = (name: string, contentType: string, text: string): Promise<void> =>
    store.writePage(boxName, { name, contentType, content: Buffer.from(text) });
  const catalogUrl = store.url(catalogKey(boxName));
  await page(
    "Vagrantfile",
    "text/plain; charset=utf-8",
    exampleVagrantfile({ name: boxName, catalogUrl, privateAddress }),
  );
  let written: string | undefined;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const catalog = await store.readCatalog(boxName);
    if (catalog === undefined || catalogText(catalog) === written) return;
    written = catalogText(catalog);
    await page("index.html", "text/html; charset=utf-8", indexHtml(catalog, catalogUrl));
  }
}
