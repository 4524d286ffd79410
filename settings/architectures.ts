import type { Settings } from "./schema";

/** Why boxes for these processors cannot be made from this source, a sentence each. */
export function architectureProblems({ box, source }: Settings): string[] {
  const { architecture: architectures } = box;
  return architectures.length > 1 && source.type !== "debian"
    ? [
        `box.architecture: ${architectures.join(", ")} is not allowed with source.type ${source.type}, which has one processor's programs; give one, or make the source debian`,
      ]
    : [];
}
