import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

import { reportedCost, type BucketUse } from "../cost/reportedCost";
import { checksumManifest } from "../registry/checksumManifest";
import { parsePackages } from "../report/guestData";
import { buildReport, type Check, type ReportedBox } from "../report/reportData";
import { reportHtml } from "../report/reportHtml";
import { partSize } from "./fileUpload";
import type { Publication } from "./publish";
import { boxFileName, type VersionDocument } from "./registryStore";

/**
 * The report of a version, for people and for programs, the screen at the end of the boot proof, and the
 * checksums of it all.
 *
 * @param boxes what is published, the box that the report is about first
 * @param catalog where the catalog is found, as `vagrant box add` takes it
 */
export function makeDocuments(
  publication: Publication,
  boxes: readonly [ReportedBox, ...ReportedBox[]],
  catalog: string,
): VersionDocument[] {
  const { proofDirectory, packagesFile, cost } = publication;
  const inProof = (file: string): Buffer | undefined =>
    proofDirectory === undefined ? undefined : readIfThere(path.join(proofDirectory, file));
  const checks = inProof("checks.json");
  const screenshot = inProof("console.png");
  const packages = packagesFile === undefined ? undefined : readIfThere(packagesFile);
  const report = buildReport({
    ...publication,
    boxes,
    cost: cost && reportedCost(cost, bucketUse(boxes), new Date()),
    checks: checks === undefined ? [] : (JSON.parse(checks.toString("utf8")) as Check[]),
    packages: packages === undefined ? [] : parsePackages(packages.toString("utf8")),
  });
  const page = reportHtml({ report, catalog, ...(screenshot && { screenshot }) });
  const documents = [
    document("report.html", "text/html; charset=utf-8", page),
    document("report.json", "application/json", `${JSON.stringify(report, undefined, 2)}\n`),
    ...(screenshot ? [document("console.png", "image/png", screenshot)] : []),
  ];
  const sums = checksumManifest([
    ...boxes.map(({ provider, architecture, sha256 }) => ({
      file: boxFileName(provider, architecture),
      sha256,
    })),
    ...documents.map(({ name, content }) => ({
      file: name,
      sha256: createHash("sha256").update(content).digest("hex"),
    })),
  ]);
  return [...documents, document("SHA256SUMS", "text/plain; charset=utf-8", sums)];
}

/** Objects that come with every version, its catalog and its pages. */
const documentPuts = 9;
/** Looks at what is there: before, while and after it is published. */
const usualGets = 12;

/** What publishing asks of a bucket: a request for each part of a box and two around them. */
function bucketUse(boxes: readonly ReportedBox[]): BucketUse {
  const parts = boxes.map(({ bytes }) => Math.ceil(bytes / partSize(bytes)));
  return {
    bytes: boxes.reduce((sum, { bytes }) => sum + bytes, 0),
    puts: documentPuts + parts.reduce((sum, count) => sum + (count > 1 ? count + 2 : 1), 0),
    gets: usualGets,
  };
}

function readIfThere(file: string): Buffer | undefined {
  return fs.existsSync(file) ? fs.readFileSync(file) : undefined;
}

function document(
  name: string,
  contentType: string,
  content: string | Uint8Array,
): VersionDocument {
  return { name, contentType, content: Buffer.from(content) };
}
