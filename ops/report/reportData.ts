import type { StageResult } from "../../components/stageRunner";
import type { ReportedCost } from "../cost/reportedCost";
import { guestFacts, type GuestFacts, type InstalledPackage } from "./guestData";

/** One thing the boot proof looked at. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** What was found, where that says more than the name. */
  readonly detail: string;
  /** True for a check that had nothing to look at; it counts as passed. */
  readonly skipped?: boolean;
}

/** What was found before anything was made: `fix` was to be mended, `skipped` is turned off. */
export interface Finding {
  readonly check: string;
  readonly found: string;
  readonly verdict: "ok" | "fix" | "skipped";
  /** What is done about it; empty where nothing is. */
  readonly remedy: string;
}

/** Something looked at in the source, and mended where a Vagrant guest would not have worked with it. */
export interface Fix {
  /** Name of the script under `scripts/fixes/`, without its number. */
  readonly name: string;
  readonly found: string;
  /** `ok`, `fix` when it was mended, `skipped` when the settings turned it off. */
  readonly verdict: string;
  /** What was done; empty where nothing was. */
  readonly remedy: string;
}

/** One box file of a version. */
export interface ReportedBox {
  readonly provider: string;
  readonly architecture: string;
  readonly bytes: number;
  /** SHA-256 of the box file. */
  readonly sha256: string;
  /** How the box was started before it was published; left out when it was not. */
  readonly bootProof?: BootProofFacts;
}

/** What a boot proof came to. */
export interface BootProofFacts {
  readonly accelerator: string;
  readonly secondsToSsh: number;
  /** Checks that passed, and all of them. */
  readonly passed: number;
  readonly checks: number;
}

/** `report.json`: what was built, from what, how long each stage took, and what was checked. */
export interface Report {
  /** The box that the report is about. */
  readonly box: ReportedBox & { readonly name: string; readonly version: string };
  /** All boxes of the version, that one first. */
  readonly boxes: readonly ReportedBox[];
  /** Digest of all that decided the box but its version. */
  readonly recipe: string;
  /** Where the box comes from, as names and values. */
  readonly provenance: Readonly<Record<string, string>>;
  readonly stages: readonly {
    readonly name: string;
    readonly seconds: number;
    readonly inputBytes: number;
    readonly outputBytes: number;
  }[];
  readonly preflight: readonly Finding[];
  readonly fixes: readonly Fix[];
  /** What the guest is like. */
  readonly guest?: GuestFacts;
  /** Every package in the guest; empty when they could not be listed. */
  readonly packages: readonly InstalledPackage[];
  /** What the boot proof checked; empty when it was turned off. */
  readonly checks: readonly Check[];
  /** How the guest was run for the boot proof, and how fast it was there. */
  readonly bootProof?: { readonly accelerator: string; readonly secondsToSsh: number };
  /** What the build cost; left out where nothing was made or published in a cloud. */
  readonly cost?: ReportedCost;
}

export interface ReportInputs {
  readonly name: string;
  readonly version: string;
  /** The boxes of the version, the one the report is about first. */
  readonly boxes: readonly [ReportedBox, ...ReportedBox[]];
  readonly provenance: Readonly<Record<string, string>>;
  /** What each stage printed, in order. */
  readonly stages: readonly StageResult[];
  readonly checks: readonly Check[];
  readonly packages: readonly InstalledPackage[];
  readonly cost?: ReportedCost | undefined;
}

/** Puts a report together from what the stages printed. */
export function buildReport(inputs: ReportInputs): Report {
  const { recipe = "", ...provenance } = inputs.provenance;
  const preflight = inputs.stages.find(({ stage }) => stage === "preflight");
  const first = inputs.boxes[0];
  const proof = proofOf(inputs, first);
  const guest = guestFacts(inputs.stages);
  return {
    box: { name: inputs.name, version: inputs.version, ...first },
    boxes: inputs.boxes.map((box) => {
      const shown = proofOf(inputs, box);
      return { ...box, ...(shown && { bootProof: shown }) };
    }),
    recipe,
    provenance,
    stages: inputs.stages.map(({ stage, of, seconds, inputBytes, outputBytes }) => ({
      name: inputs.boxes.length > 1 && typeof of === "string" ? `${stage} ${of}` : stage,
      seconds,
      inputBytes,
      outputBytes,
    })),
    preflight: (preflight?.["checks"] ?? []) as Finding[],
    // The raw disk's stage mends what depends on the new file system.
    fixes: inputs.stages.flatMap((stage) => (stage["fixes"] ?? []) as Fix[]),
    ...(guest && { guest }),
    packages: inputs.packages,
    checks: inputs.checks,
    ...(proof && {
      bootProof: { accelerator: proof.accelerator, secondsToSsh: proof.secondsToSsh },
    }),
    ...(inputs.cost && { cost: inputs.cost }),
  };
}

/** What the boot proof of a box printed; a version with one box need not say which it is about. */
function proofOf(
  { stages, boxes }: ReportInputs,
  { provider, architecture }: ReportedBox,
): BootProofFacts | undefined {
  const proof = stages.find(
    ({ stage, of }) =>
      stage === "boot-proof" && (of === `${provider}-${architecture}` || boxes.length === 1),
  );
  if (proof === undefined) return undefined;
  const {
    passed = 0,
    failed = 0,
    skipped = 0,
  } = (proof["checks"] ?? {}) as Record<"passed" | "failed" | "skipped", number | undefined>;
  return {
    accelerator: String(proof["accel"]),
    secondsToSsh: Number(proof["secondsToSsh"]),
    passed: passed + skipped,
    checks: passed + failed + skipped,
  };
}
