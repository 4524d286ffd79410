import { privateKeyLine } from "../vagrantCommands";
import type { GuestFacts, InstalledPackage } from "./guestData";
import { escapeHtml } from "./htmlText";

const accessInWords: Readonly<Record<string, string>> = {
  public: "public: user vagrant with Vagrant's own keys and the password vagrant",
  private: "private: only its owner's keys, no password",
};

const firmwareInWords: Readonly<Record<string, string>> = {
  bios: "BIOS",
  efi: "EFI",
  both: "BIOS, and EFI as well",
};

const additionsInWords: Readonly<Record<string, string>> = {
  "in-tree": "the kernel's own modules",
  oracle: "VirtualBox's modules, compiled for the guest's kernels",
  none: "none: /vagrant is copied with rsync",
};

/** What the guest is like, as names and values for people. */
export function guestEntries(guest: GuestFacts): [name: string, value: string][] {
  const words = (table: Readonly<Record<string, string>>, value: string): string =>
    table[value] ?? value;
  const reason = guest.guestAdditionsReason === "" ? "" : ` (${guest.guestAdditionsReason})`;
  return [
    ["access", words(accessInWords, guest.access)],
    ["shared folders", words(additionsInWords, guest.guestAdditions) + reason],
    ["starts with", `${words(firmwareInWords, guest.firmware)}, by ${guest.bootLoader}`],
    ["kernel", guest.kernels.join(", ")],
  ];
}

/** What the user of a private box has to say in the own Vagrantfile; nothing for a public one. */
export function accessNote(guest: GuestFacts | undefined): string {
  if (guest?.access !== "private") return "";
  return `<p class="note">The box is private. Say which of its owner's keys to use, in your Vagrantfile:
<code>${escapeHtml(privateKeyLine)}</code></p>`;
}

/** Every package with its version, folded up. */
export function packageList(packages: readonly InstalledPackage[]): string {
  if (packages.length === 0) return "<p>Not known.</p>";
  const rows = packages.map(
    ({ name, version }) => `<tr><td>${escapeHtml(name)}</td><td>${escapeHtml(version)}</td></tr>`,
  );
  return `<details>
<summary>${packages.length} packages</summary>
<table class="packages">
<thead><tr><th>Package</th><th>Version</th></tr></thead>
<tbody>${rows.join("\n")}</tbody>
</table>
</details>`;
}
