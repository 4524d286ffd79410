import { shellQuote } from "../components/stageCommand";

/** A box as it stands in a catalog. */
export interface CataloguedBox {
  /** Path or URL of the catalog. */
  readonly catalog: string;
  readonly name: string;
  /** Left out, Vagrant takes the newest version. */
  readonly version?: string;
}

/** The commands that start a machine from a box, in any folder, ready to be pasted into a shell. */
export function vagrantCommands({ catalog, name, version }: CataloguedBox): string[] {
  const pinned = version === undefined ? "" : ` --box-version ${word(version)}`;
  return [
    `vagrant box add ${word(catalog)}${pinned}`,
    `vagrant init ${word(name)}${pinned}`,
    "vagrant up",
  ];
}

/** What users of a private box put into their Vagrantfile, with the path of their own key. */
export const privateKeyLine = 'config.ssh.private_key_path = "~/.ssh/id_ed25519"';

/** Quoted only where a shell would take it apart: quotes around everything are hard to read. */
function word(text: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : shellQuote(text);
}
