/**
 * Values as the Pulumi engine sends them to a provider: plain JSON, in which secrets, assets, archives and unknowns
 * are marked by a signature key or a fixed string.
 *
 * Source of the format: pulumi/pulumi, sdk/go/common/resource/plugin/rpc.go and resource/sig/sig.go.
 */

const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const OUTPUT_VALUE = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
const ASSET = "c44067f5952c0a294b673a41bacd8c17";
const ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7";

const UNKNOWNS: ReadonlySet<unknown> = new Set([
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", // boolean
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421", // number
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9", // string
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2", // array
  "030794c1-ac77-496b-92df-f27374a8bd58", // asset
  "e48ece36-62e2-4504-bad9-02848725956a", // archive
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff", // object
]);

/** A property bag, as it came over the wire or unwrapped. */
export type Properties = Record<string, unknown>;

/** An asset: one file, given by `path` or as `text`. `hash` is the SHA-256 of its bytes, in hex. */
export interface Asset {
  readonly path?: string;
  readonly text?: string;
  readonly uri?: string;
  readonly hash?: string;
}

/** An archive: a folder or packed file at `path`, or a map of `assets`. */
export interface Archive {
  readonly path?: string;
  readonly assets?: Properties;
  readonly uri?: string;
  readonly hash?: string;
}

/** True for a JSON object (not an array, not null). */
export function isObject(value: unknown): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function hasSignature(value: unknown, signature: string): value is Properties {
  return isObject(value) && value[SIGNATURE_KEY] === signature;
}

/** True if the value is not known yet, which happens only in a preview. */
export function isUnknown(value: unknown): boolean {
  return UNKNOWNS.has(value);
}

/** The asset in an unwrapped value, or undefined. */
export function asAsset(value: unknown): Asset | undefined {
  return hasSignature(value, ASSET) ? value : undefined;
}

/** The archive in an unwrapped value, or undefined. */
export function asArchive(value: unknown): Archive | undefined {
  return hasSignature(value, ARCHIVE) ? value : undefined;
}

/** Marks an asset for the engine. */
export function assetValue(asset: Asset): Properties {
  return { [SIGNATURE_KEY]: ASSET, ...asset };
}

/** Marks an archive for the engine. */
export function archiveValue(archive: Archive): Properties {
  return { [SIGNATURE_KEY]: ARCHIVE, ...archive };
}

/** Marks a value as secret: the engine encrypts it in state and blinds it in its output. */
export function secretValue(value: unknown): Properties {
  return { [SIGNATURE_KEY]: SECRET, value };
}

/** A copy of `value` with every secret, at any depth, replaced by what it holds. Assets, archives and unknowns stay. */
export function unwrap(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(unwrap);
  }
  if (hasSignature(value, SECRET) || hasSignature(value, OUTPUT_VALUE)) {
    return unwrap(value["value"]);
  }
  if (isObject(value)) {
    return unwrapProperties(value);
  }
  return value;
}

/** {@link unwrap} for a whole property bag; properties that are null are left out, as if they had not been given. */
export function unwrapProperties(properties: Properties): Properties {
  const present = Object.entries(properties).filter(
    ([, value]) => value !== null && value !== undefined,
  );
  return Object.fromEntries(present.map(([key, value]) => [key, unwrap(value)]));
}

/** What identifies an unwrapped value: assets and archives count by content where the hash is known, not by path. */
function identity(value: unknown): unknown {
  const file = asAsset(value) ?? asArchive(value);
  if (file?.hash !== undefined && file.hash !== "") {
    return { hash: file.hash };
  }
  if (Array.isArray(value)) {
    return value.map(identity);
  }
  if (isObject(value)) {
    const sorted = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(sorted.map(([key, item]) => [key, identity(item)]));
  }
  return value ?? null;
}

/** True if two unwrapped values are the same; order of keys and the path of an asset do not matter. */
export function sameValue(left: unknown, right: unknown): boolean {
  return JSON.stringify(identity(left)) === JSON.stringify(identity(right));
}
