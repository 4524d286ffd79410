import * as fs from "node:fs";
import * as path from "node:path";

import {
  addEntry,
  boxNameProblems,
  emptyCatalog,
  folderUrl,
  publishToFile,
  readCatalog,
  versionProblems,
} from "../../formats/catalog";
import { throwIfAny } from "../../formats/problems";
import { buildReport, type Check, type Report, type ReportInputs } from "../report/reportData";
import { reportHtml } from "../report/reportHtml";

/** A finished box and what is known of it. */
export interface FolderPublication extends Omit<ReportInputs, "checks" | "bytes"> {
  /** The box file. */
  readonly box: string;
  /** One line for the catalog. */
  readonly description: string;
  /** Folder of the catalogs. */
  readonly directory: string;
  /** Folder with what the boot proof left: `checks.json` and `console.png`. */
  readonly proofDirectory?: string;
}

/** Where a published box is found. */
export interface Published {
  readonly versionDirectory: string;
  readonly boxUrl: string;
  readonly catalogUrl: string;
  readonly reportUrl: string;
  readonly bytes: number;
}

/**
 * Puts a box, its report and the catalog entry in a folder. The version appears with all its files at
 * once, and the catalog names it last, so that nobody is ever served half of it. Publishing the same
 * box again changes nothing, and finishes what a publication that was killed left undone.
 *
 * @throws Error, before anything is written, when the name or the version is none Vagrant takes, the
 *   version is published already with another content, or the catalog that is there cannot be used
 */
export async function publishToFolder(publication: FolderPublication): Promise<Published> {
  const { box, directory, name, version, sha256, architecture, description } = publication;
  throwIfAny("publish", [...boxNameProblems(name), ...versionProblems(version)]);
  const boxDirectory = path.join(path.resolve(directory), name);
  const versionDirectory = path.join(boxDirectory, version);
  const boxFile = `virtualbox-${architecture}.box`;
  const boxUrl = folderUrl(path.join(versionDirectory, boxFile));
  const catalog = path.join(boxDirectory, "catalog.json");
  const entry = { version, url: boxUrl, sha256, architecture };
  // The catalog is written last, but what it would refuse is told first.
  addEntry((await readCatalog(catalog)) ?? emptyCatalog(name, description), entry);

  if (fs.existsSync(versionDirectory)) {
    refuseOtherContent(versionDirectory, boxFile, publication);
  } else {
    fs.mkdirSync(boxDirectory, { recursive: true });
    removeUnfinished(boxDirectory, version);
    const unfinished = fs.mkdtempSync(path.join(boxDirectory, `.${version}.`));
    try {
      linkOrCopy(box, path.join(unfinished, boxFile));
      writeReport(unfinished, catalog, publication);
      fs.chmodSync(unfinished, 0o755);
      fs.renameSync(unfinished, versionDirectory);
    } finally {
      fs.rmSync(unfinished, { recursive: true, force: true });
    }
  }
  await publishToFile({ catalog, name, description, ...entry });
  return {
    versionDirectory,
    boxUrl,
    catalogUrl: folderUrl(catalog),
    reportUrl: folderUrl(path.join(versionDirectory, "report.html")),
    bytes: fs.statSync(path.join(versionDirectory, boxFile)).size,
  };
}

function refuseOtherContent(
  versionDirectory: string,
  boxFile: string,
  { name, version, sha256 }: FolderPublication,
): void {
  const published = publishedSha256(path.join(versionDirectory, "report.json"));
  if (published === undefined || !fs.existsSync(path.join(versionDirectory, boxFile))) {
    throw new Error(
      `${versionDirectory} is there, but is no published box: it lacks ${boxFile} or report.json; move it away or choose another version`,
    );
  }
  if (published !== sha256) {
    throw new Error(
      `${name} ${version} is published already with another content (sha256 ${published}, this one has ${sha256}); choose another version`,
    );
  }
}

function publishedSha256(report: string): string | undefined {
  try {
    return (JSON.parse(fs.readFileSync(report, "utf8")) as Report).box.sha256;
  } catch {
    return undefined;
  }
}

/** A publication that was killed could not remove its folder. */
function removeUnfinished(boxDirectory: string, version: string): void {
  const prefix = `.${version}.`;
  for (const name of fs.readdirSync(boxDirectory)) {
    // `mkdtemp` adds six characters: the folder of version 1.0 must not be taken for one of 1.
    if (name.startsWith(prefix) && name.length === prefix.length + 6) {
      fs.rmSync(path.join(boxDirectory, name), { recursive: true, force: true });
    }
  }
}

/** A second name costs nothing; only across file systems must the bytes be copied. */
function linkOrCopy(from: string, to: string): void {
  try {
    fs.linkSync(from, to);
  } catch (error) {
    if (!["EXDEV", "EPERM", "EMLINK"].includes((error as NodeJS.ErrnoException).code ?? "")) {
      throw error;
    }
    fs.copyFileSync(from, to, fs.constants.COPYFILE_FICLONE);
  }
}

function writeReport(folder: string, catalog: string, publication: FolderPublication): void {
  const { proofDirectory } = publication;
  const inProof = (file: string): string | undefined => {
    const found = proofDirectory === undefined ? undefined : path.join(proofDirectory, file);
    return found !== undefined && fs.existsSync(found) ? found : undefined;
  };
  const checks = inProof("checks.json");
  const screenshot = inProof("console.png");
  const report = buildReport({
    ...publication,
    bytes: fs.statSync(publication.box).size,
    checks: checks === undefined ? [] : (JSON.parse(fs.readFileSync(checks, "utf8")) as Check[]),
  });
  const page = reportHtml({
    report,
    catalog,
    ...(screenshot && { screenshot: fs.readFileSync(screenshot) }),
  });
  fs.writeFileSync(path.join(folder, "report.json"), `${JSON.stringify(report, undefined, 2)}\n`);
  fs.writeFileSync(path.join(folder, "report.html"), page);
  if (screenshot !== undefined) fs.copyFileSync(screenshot, path.join(folder, "console.png"));
}
