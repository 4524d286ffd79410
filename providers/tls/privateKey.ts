import { createHash, createPrivateKey, createPublicKey } from "node:crypto";
import { utils } from "ssh2";
import type { ResourceType } from "../lib/standIn";
import { secretValue, type Properties } from "../lib/wireValues";

const generators: Readonly<Record<string, (inputs: Properties) => SshKeyPair>> = {
  ED25519: () => utils.generateKeyPairSync("ed25519"),
  RSA: ({ rsaBits }) => utils.generateKeyPairSync("rsa", { bits: rsaBits as number }),
};

type SshKeyPair = ReturnType<typeof utils.generateKeyPairSync>;

/** `tls.PrivateKey`: a new key pair in the formats of OpenSSH and PKCS #8; its private half is a secret. */
export const privateKey: ResourceType = {
  inputs: {
    algorithm: { kind: ["ED25519", "RSA"], required: true, replaces: true },
    rsaBits: { kind: "number", default: 2048, replaces: true },
    ecdsaCurve: { kind: "string", default: "P224", replaces: true },
  },
  create: (inputs) => {
    const pair = generators[inputs["algorithm"] as string]!(inputs);
    const parsed = utils.parseKey(pair.private);
    if (parsed instanceof Error) throw parsed;
    const pem = parsed.getPrivatePEM();
    const publicPem = createPublicKey(createPrivateKey(pem)).export({
      type: "spki",
      format: "pem",
    });
    const [type = "", blob = ""] = pair.public.split(" ");
    const digest = (algorithm: string, encoding: "hex" | "base64"): string =>
      createHash(algorithm).update(Buffer.from(blob, "base64")).digest(encoding);
    const md5 = digest("md5", "hex").match(/../g)!.join(":");
    return Promise.resolve({
      id: digest("sha1", "hex"),
      outputs: {
        privateKeyOpenssh: secretValue(pair.private),
        privateKeyPem: secretValue(pem),
        privateKeyPemPkcs8: secretValue(
          createPrivateKey(pem).export({ type: "pkcs8", format: "pem" }),
        ),
        publicKeyOpenssh: `${type} ${blob}\n`,
        publicKeyPem: publicPem,
        publicKeyFingerprintMd5: md5,
        publicKeyFingerprintSha256: `SHA256:${digest("sha256", "base64").replace(/=+$/, "")}`,
      },
    });
  },
};
