import { createHash, createPrivateKey, createPublicKey } from "node:crypto";
import { utils } from "ssh2";
import type { ResourceType } from "../lib/standIn";
import { secretValue, type Properties } from "../lib/wireValues";

/** A key pair as OpenSSH writes it: the private half as a block, the public one as a line. */
type SshKeyPair = ReturnType<typeof utils.generateKeyPairSync>;

/** Bits of the curves that OpenSSH knows. */
const curves: Readonly<Record<string, number>> = { P256: 256, P384: 384, P521: 521 };

const generators: Readonly<Record<string, (inputs: Properties) => SshKeyPair>> = {
  RSA: ({ rsaBits }) => utils.generateKeyPairSync("rsa", { bits: rsaBits as number }),
  ECDSA: ({ ecdsaCurve }) =>
    utils.generateKeyPairSync("ecdsa", { bits: curves[ecdsaCurve as string] as 256 | 384 | 521 }),
  ED25519: () => utils.generateKeyPairSync("ed25519"),
};

/**
 * `tls.PrivateKey`: a new key pair in the formats of OpenSSH (PROTOCOL.key), of each algorithm (PKCS #1, SEC 1)
 * and PKCS #8; its private half is a secret.
 */
export const privateKey: ResourceType = {
  inputs: {
    algorithm: { kind: Object.keys(generators), required: true, replaces: true },
    rsaBits: { kind: "number", default: 2048, replaces: true },
    ecdsaCurve: { kind: "string", default: "P224", replaces: true },
  },
  check: ({ algorithm, ecdsaCurve }) =>
    algorithm === "ECDSA" && curves[ecdsaCurve as string] === undefined
      ? [{ property: "ecdsaCurve", reason: `must be one of ${Object.keys(curves).join(", ")}` }]
      : [],
  create: (inputs) => {
    const pair = generators[inputs["algorithm"] as string]!(inputs);
    const parsed = utils.parseKey(pair.private);
    if (parsed instanceof Error) throw parsed;
    const pem = parsed.getPrivatePEM();
    const key = createPrivateKey(pem);
    const [type = "", blob = ""] = pair.public.split(" ");
    const digest = (algorithm: string, encoding: "hex" | "base64"): string =>
      createHash(algorithm).update(Buffer.from(blob, "base64")).digest(encoding);
    return Promise.resolve({
      id: digest("sha1", "hex"),
      outputs: {
        privateKeyOpenssh: secretValue(pair.private),
        privateKeyPem: secretValue(pem),
        privateKeyPemPkcs8: secretValue(key.export({ type: "pkcs8", format: "pem" })),
        publicKeyOpenssh: `${type} ${blob}\n`,
        publicKeyPem: createPublicKey(key).export({ type: "spki", format: "pem" }),
        publicKeyFingerprintMd5: digest("md5", "hex").match(/../g)!.join(":"),
        publicKeyFingerprintSha256: `SHA256:${digest("sha256", "base64").replace(/=+$/, "")}`,
      },
    });
  },
};
