import * as fs from "node:fs";
import * as path from "node:path";

/** Public keys as sshd reads them (sshd(8), "AUTHORIZED_KEYS FILE FORMAT"), without options. */
export interface AuthorizedKeys {
  /** One key a line, comments and empty lines left out; empty when there are none. */
  readonly text: string;
  readonly problems: readonly string[];
}

const kinds = [
  "ssh-ed25519",
  "ssh-rsa",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "sk-ssh-ed25519@openssh.com",
  "sk-ecdsa-sha2-nistp256@openssh.com",
];

/** Where this project keeps Vagrant's insecure public keys, from its folder. */
const insecureKeys = ["ed25519", "rsa"].map(
  (kind) => `scripts/provision/files/vagrant-insecure-${kind}.pub`,
);

/**
 * Reads the public keys that open a private box. Never repeats what is in the file: it may be a
 * private key.
 *
 * @param file path from the project folder; left out, there are no keys and no problems
 */
export function readAuthorizedKeys(
  file: string | undefined,
  projectDirectory: string,
): AuthorizedKeys {
  if (file === undefined || file === "") return { text: "", problems: [] };
  const full = path.resolve(projectDirectory, file);
  const refuse = (reason: string): AuthorizedKeys => ({
    text: "",
    problems: [`${full} ${reason}; give a file of public keys such as id_ed25519.pub`],
  });
  if (!fs.statSync(full, { throwIfNoEntry: false })?.isFile()) return refuse("is not a file");
  const content = fs.readFileSync(full, "utf8");
  if (content.includes("PRIVATE KEY")) return refuse("is a private key");
  const lines = content
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  if (lines.length === 0) return refuse("holds no key");
  const known = insecureKeys.map((name) => {
    const line = fs.readFileSync(path.join(__dirname, "..", name), "utf8");
    return line.split(" ")[1];
  });
  const problems = lines.flatMap((line, index) => {
    const [kind = "", blob = ""] = line.split(/\s+/);
    const place = `${full}, key ${index + 1},`;
    if (!isPublicKey(kind, blob)) {
      return [`${place} is no public key without options; allowed: ${kinds.join(", ")}`];
    }
    return known.includes(blob)
      ? [`${place} is one of Vagrant's insecure keys, which everybody has; give one of your own`]
      : [];
  });
  return { text: lines.join("\n"), problems };
}

/** A key names its kind twice: in words, and in the blob after a length of four bytes (RFC 4253, 6.6). */
function isPublicKey(kind: string, blob: string): boolean {
  if (!kinds.includes(kind) || !/^[A-Za-z0-9+/]+={0,2}$/.test(blob)) return false;
  const bytes = Buffer.from(blob, "base64");
  if (bytes.length < 4 + kind.length + 32) return false;
  return (
    bytes.readUInt32BE(0) === kind.length && bytes.toString("latin1", 4, 4 + kind.length) === kind
  );
}
