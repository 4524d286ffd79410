import { stages, type StageName } from "../../components/stages";

const suffixes: readonly (readonly [string, StageName])[] = [
  ["preflight-checks", "preflight"],
  ...Object.keys(stages).map((name) => [`-${name}`, name as StageName] as const),
];

/** The stage a resource runs, told by the end of its name. */
export function stageOf(urn: string | undefined): StageName | undefined {
  // What is made for another provider than the first has that provider's name at its end.
  const name = urn?.replace(/-libvirt$/, "");
  return suffixes.find(([suffix]) => name?.endsWith(suffix))?.[1];
}
