import type { ReportInputs } from "../../ops/report/reportData";
import { checks, stageResults } from "./publishFixture";

/** What a report is made from: one box, provisioned and booted. */
export const inputs: ReportInputs = {
  name: "acme/demo",
  version: "1.0.0",
  boxes: [
    {
      provider: "virtualbox",
      architecture: "amd64",
      bytes: 260_891_648,
      sha256: "ab".repeat(32),
    },
  ],
  provenance: { recipe: "the-recipe", source: "Debian bookworm", archiveState: "2026" },
  stages: stageResults,
  checks,
  packages: [
    { name: "adduser", version: "3.134", architecture: "all" },
    { name: "rsync", version: "3.2.7-1+deb12u2", architecture: "amd64" },
  ],
};
