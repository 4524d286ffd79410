import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createPrivateKey, createPublicKey } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import * as pulumi from "@pulumi/pulumi";
import { PrivateKey, type PrivateKeyArgs } from "@pulumi/tls";

import { steps, TestStack, type Ran } from "./testStack";

/** Every kind of key, by the resource's name. */
const kinds: Readonly<Record<string, PrivateKeyArgs>> = {
  ed25519: { algorithm: "ED25519" },
  rsa: { algorithm: "RSA" },
  rsa3072: { algorithm: "RSA", rsaBits: 3072 },
  p256: { algorithm: "ECDSA", ecdsaCurve: "P256" },
  p384: { algorithm: "ECDSA", ecdsaCurve: "P384" },
  p521: { algorithm: "ECDSA", ecdsaCurve: "P521" },
};

/** What a key of each kind is called, in an OpenSSH line and with its size as `ssh-keygen -l` prints it. */
const spoken: Readonly<Record<string, readonly [type: string, bits: string]>> = {
  ed25519: ["ssh-ed25519", "256"],
  rsa: ["ssh-rsa", "2048"],
  rsa3072: ["ssh-rsa", "3072"],
  p256: ["ecdsa-sha2-nistp256", "256"],
  p384: ["ecdsa-sha2-nistp384", "384"],
  p521: ["ecdsa-sha2-nistp521", "521"],
};

/** Label of the PEM block that the official plugin writes for each algorithm. */
const pemLabels: Readonly<Record<string, string>> = {
  ED25519: "PRIVATE KEY",
  RSA: "RSA PRIVATE KEY",
  ECDSA: "EC PRIVATE KEY",
};

const outputNames = [
  "id",
  "privateKeyPem",
  "privateKeyPemPkcs8",
  "privateKeyOpenssh",
  "publicKeyPem",
  "publicKeyOpenssh",
  "publicKeyFingerprintMd5",
  "publicKeyFingerprintSha256",
] as const;

type Key = Readonly<Record<(typeof outputNames)[number], string>>;

describe("stand-in for tls", function () {
  this.timeout(120_000);
  let stack: TestStack;
  let created: Ran;
  let again: Ran;
  let changed: Ran;
  let refused: Ran[];
  let stateFile: string;

  const outputs = (key: PrivateKey): pulumi.Output<Key> =>
    pulumi.all(outputNames.map((name) => key[name])).apply(
      (values) =>
        // The order of outputNames.
        Object.fromEntries(outputNames.map((name, index) => [name, values[index]])) as Key,
    );

  const program = (more: Readonly<Record<string, PrivateKeyArgs>>) => async () => {
    const keys = Object.entries({ ...kinds, ...more }).map(
      ([name, args]) => [name, new PrivateKey(name, args)] as const,
    );
    return Promise.resolve(Object.fromEntries(keys.map(([name, key]) => [name, outputs(key)])));
  };
  const keyOf = (name: string, ran = created): Key => ran.outputs[name]?.value as Key;

  /** What `ssh-keygen` says of a file with this content. */
  function sshKeygen(content: string, ...options: string[]): string {
    const file = join(stack.folder, "key");
    writeFileSync(file, content, { mode: 0o600 });
    return execFileSync("ssh-keygen", [...options, "-f", file], { encoding: "utf8" }).trim();
  }

  before(async () => {
    stack = await TestStack.make("tls");
    created = await stack.up(program({}));
    again = await stack.up(program({}));
    stateFile = readFileSync(stack.stateFile, "utf8");
    changed = await stack.up(program({ rsa: { algorithm: "RSA", rsaBits: 4096 } }));
    const refuse = (args: PrivateKeyArgs): Promise<Ran> =>
      stack.up(() => Promise.resolve(void new PrivateKey("refused", args)));
    refused = [await refuse({ algorithm: "DSA" }), await refuse({ algorithm: "ECDSA" })];
  });
  after(() => stack.remove());

  it("makes keys of every algorithm without an error", () => {
    assert.equal(created.failure, "");
    assert.deepEqual(Object.keys(kinds).sort(), Object.keys(spoken).sort());
  });

  for (const name of Object.keys(kinds)) {
    it(`writes OpenSSH keys that OpenSSH reads (${name})`, () => {
      const key = keyOf(name);
      const [type, bits] = spoken[name] ?? [];
      const [line = "", rest] = key.publicKeyOpenssh.split("\n");
      assert.equal(rest, "", "the line ends with a line feed, as the official plugin's does");
      assert.equal(line.split(" ")[0], type);
      assert.equal(sshKeygen(key.privateKeyOpenssh, "-y", "-P", ""), line);
      const [size, md5] = sshKeygen(line, "-l", "-E", "md5").split(" ");
      assert.equal(size, bits);
      assert.equal(md5, `MD5:${key.publicKeyFingerprintMd5}`);
      const [, sha256] = sshKeygen(line, "-l", "-E", "sha256").split(" ");
      assert.equal(sha256, key.publicKeyFingerprintSha256);
    });

    it(`writes the same key as PEM, with the official plugin's label (${name})`, () => {
      const key = keyOf(name);
      const label = pemLabels[kinds[name]?.algorithm as string] ?? "";
      assert.match(key.privateKeyPem, new RegExp(`^-----BEGIN ${label}-----\n`));
      assert.match(key.privateKeyPemPkcs8, /^-----BEGIN PRIVATE KEY-----\n/);
      for (const pem of [key.privateKeyPem, key.privateKeyPemPkcs8]) {
        const half = createPublicKey(createPrivateKey(pem)).export({ type: "spki", format: "pem" });
        assert.equal(half, key.publicKeyPem);
      }
    });
  }

  it("keeps the keys it made", () => {
    assert.deepEqual(steps(again, "ed25519"), ["same"]);
    assert.equal(keyOf("rsa", again).publicKeyPem, keyOf("rsa").publicKeyPem);
  });

  it("makes another key when its size changes", () => {
    assert.deepEqual(steps(changed, "rsa"), ["create-replacement", "replace", "delete-replaced"]);
    assert.deepEqual(steps(changed, "rsa3072"), ["same"]);
  });

  it("keeps no private key readable in state", () => {
    assert.doesNotMatch(stateFile, /PRIVATE KEY/);
    assert.match(stateFile, /ssh-ed25519/);
  });

  it("refuses algorithms and curves it does not know, and says which it knows", () => {
    assert.match(refused[0]?.failure ?? "", /algorithm.* must be one of RSA, ECDSA, ED25519/);
    assert.match(refused[1]?.failure ?? "", /ecdsaCurve.* must be one of P256, P384, P521/);
    assert.equal(stack.state().has("refused"), false);
  });
});
