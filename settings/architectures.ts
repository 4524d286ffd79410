import type { Settings } from "./schema";

/** Why boxes for these processors cannot be made with the other settings, a sentence each. */
export function architectureProblems({ box, source }: Settings): string[] {
  const { architecture: architectures, hardware } = box;
  const all = architectures.join(", ");
  const { osType } = hardware;
  const unfit = architectures.filter(
    (architecture) => osType?.endsWith("_arm64") !== (architecture === "arm64"),
  );
  return [
    ...(architectures.length > 1 && source.type !== "debian"
      ? [
          `box.architecture: ${all} is not allowed with source.type ${source.type}, which has one processor's programs; give one, or make the source debian`,
        ]
      : []),
    ...(osType !== undefined && unfit.length > 0
      ? [
          `box.hardware.osType: "${osType}" is not allowed with box.architecture ${all}; leave it out, or give one of that processor`,
        ]
      : []),
  ];
}
