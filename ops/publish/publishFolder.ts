import * as fs from "node:fs";
import * as path from "node:path";

import { folderUrl, publishToFile } from "../../formats/catalog";
import { buildReport, type Check, type ReportInputs } from "../report/reportData";
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
 * box again changes nothing.
 *
 * @throws Error when the version is published already with another content
 */
export async function publishToFolder(publication: FolderPublication): Promise<Published> {
  const { box, directory, name, version, sha256, architecture } = publication;
  const boxDirectory = path.join(path.resolve(directory), name);
  const versionDirectory = path.join(boxDirectory, version);
  const boxFile = `virtualbox-${architecture}.box`;
  const catalog = path.join(boxDirectory, "catalog.json");
  if (fs.existsSync(versionDirectory)) {
    refuseOtherContent(versionDirectory, publication);
  } else {
    fs.mkdirSync(boxDirectory, { recursive: true });
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
  const boxUrl = folderUrl(path.join(versionDirectory, boxFile));
  await publishToFile({
    catalog,
    name,
    description: publication.description,
    version,
    url: boxUrl,
    sha256,
    architecture,
  });
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
  { name, version, sha256 }: FolderPublication,
): void {
  const report = JSON.parse(
    fs.readFileSync(path.join(versionDirectory, "report.json"), "utf8"),
  ) as { box: { sha256: string } };
  if (report.box.sha256 !== sha256) {
    throw new Error(
      `${name} ${version} is published already with another content (sha256 ${report.box.sha256}, this one has ${sha256}); choose another version`,
    );
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
    catalogUrl: catalog,
    ...(screenshot && { screenshot: fs.readFileSync(screenshot) }),
  });
  fs.writeFileSync(path.join(folder, "report.json"), `${JSON.stringify(report, undefined, 2)}\n`);
  fs.writeFileSync(path.join(folder, "report.html"), page);
  if (screenshot !== undefined) fs.copyFileSync(screenshot, path.join(folder, "console.png"));
}
