import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

import { checksumManifest } from "../registry/checksumManifest";
import { parsePackages } from "../report/guestData";
import { buildReport, type Check, type ReportedBox } from "../report/reportData";
import { reportHtml } from "../report/reportHtml";
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
  const { proofDirectory, packagesFile } = publication;
  const inProof = (file: string): Buffer | undefined =>
    proofDirectory === undefined ? undefined : readIfThere(path.join(proofDirectory, file));
  const checks = inProof("checks.json");
  const screenshot = inProof("console.png");
  const packages = packagesFile === undefined ? undefined : readIfThere(packagesFile);
  const report = buildReport({
    ...publication,
    boxes,
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
