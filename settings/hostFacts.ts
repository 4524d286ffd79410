import { InputError } from "../formats/problems";
import { detectFormat, type ImageFormat, type NamedFormat } from "./imageFormat";
import { catalogStanding, versionsOf } from "./catalogStanding";
import type { PublishedVersion } from "./publishedVersions";
import { runOnHost, type SshLogin } from "./sshSession";

/** An image file on a machine, as it is now. */
export interface HostImage {
  readonly format: ImageFormat;
  /** Changes when the file does: its size and time. */
  readonly fingerprint: string;
}

/** What there is to know of a machine before anything is done on it. */
export interface HostFacts {
  readonly image?: HostImage;
  /** The versions of the box that are published there. */
  readonly published: readonly PublishedVersion[];
}

/** What to look at. */
export interface HostQuestions {
  /** Folder of the box's versions; left out when boxes go elsewhere. */
  readonly boxFolder?: string;
  readonly image?: { readonly path: string; readonly format?: NamedFormat | undefined };
}

/** Enough for every signature that tells a format: the last stands at 32 769. */
const headBytes = 33_000;
const tailBytes = 512;

/** Prints a line `WORD VALUE...` for each thing found; binary values in base64. */
const script = String.raw`
box=$1 image=$2
if [ -n "$image" ]; then
  if [ ! -e "$image" ]; then echo "refused does not exist"
  elif [ -d "$image" ]; then echo "refused is a directory"
  elif [ ! -f "$image" ]; then echo "refused is no regular file"
  elif [ ! -s "$image" ]; then echo "refused is empty"
  else
    echo "image $(stat -L -c '%s %Y' "$image")"
    echo "head $(head -c ${headBytes} "$image" | base64 -w 0)"
    echo "tail $(tail -c ${tailBytes} "$image" | base64 -w 0)"
  fi
fi
if [ -n "$box" ] && [ -d "$box" ]; then
  if [ -f "$box/catalog.json" ]; then echo "catalog $(base64 -w 0 <"$box/catalog.json")"; fi
  for version in "$box"/*/; do
    [ -d "$version" ] || continue
    recipe=$(sed -n 's/^ *"recipe": *"\([0-9a-f]*\)".*/\1/p' "$version/report.json" 2>/dev/null | head -n 1)
    echo "version $(basename "$version") $recipe"
  done
fi
`;

/**
 * Looks at a machine over SSH, changing nothing there.
 *
 * @throws InputError naming the setting that is wrong
 */
export async function readHostFacts(
  login: SshLogin,
  { boxFolder = "", image }: HostQuestions,
): Promise<HostFacts> {
  const found = new Map<string, string[]>();
  for (const line of (await runOnHost(login, script, [boxFolder, image?.path ?? ""])).split("\n")) {
    const space = line.indexOf(" ");
    if (space < 0) continue;
    const word = line.slice(0, space);
    found.set(word, [...(found.get(word) ?? []), line.slice(space + 1)]);
  }
  const one = (word: string): string => found.get(word)?.[0] ?? "";
  return {
    ...(image && { image: imageFacts(login.host, image, one) }),
    published: versionsOf(
      catalogStanding(Buffer.from(one("catalog"), "base64").toString()),
      (found.get("version") ?? []).map((line) => {
        const [version = "", recipe] = line.split(" ");
        return { version, recipe: recipe || undefined };
      }),
    ),
  };
}

function imageFacts(
  host: string,
  { path, format: declared }: NonNullable<HostQuestions["image"]>,
  one: (word: string) => string,
): HostImage {
  const refuse = (reason: string): never => {
    throw new InputError("settings", [`source.path: ${path} on ${host} ${reason}`]);
  };
  const refused = one("refused");
  if (refused !== "") return refuse(`${refused}; give a disk image file`);
  const [bytes = "0", seconds = "0"] = one("image").split(" ");
  const size = Number(bytes);
  const [head, tail] = ["head", "tail"].map((word) => Buffer.from(one(word), "base64")) as [
    Buffer,
    Buffer,
  ];
  const detected = detectFormat(
    size,
    (offset, length) =>
      offset + length <= head.length
        ? head.subarray(offset, offset + length)
        : tail.subarray(offset - (size - tail.length)).subarray(0, length),
    declared,
  );
  if ("problem" in detected) return refuse(detected.problem);
  const time = new Date(Number(seconds) * 1000).toISOString();
  return { format: detected.format, fingerprint: `${size} ${time}` };
}
