import { attempt, type BoxCheck, type BoxReport } from "./boxReport";
import { readBox, type Box } from "./reader";
import { boxProviders } from "./texts";
import { verifyLibvirt } from "./verifyLibvirt";
import { verifyVirtualBox } from "./verifyVirtualBox";
import { fileSha256 } from "./writer";

function archiveProblems(box: Box): string[] {
  const names = box.members.map(({ name }) => name);
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  const outside = names.filter((name) => name.startsWith("/") || name.split("/").includes(".."));
  const provider = box.metadata["provider"];
  return [
    ...twice.map((name) => `${name} is in the box twice.`),
    ...outside.map((name) => `${name} would be unpacked outside the box's folder.`),
    ...(boxProviders.some((each) => each === provider)
      ? []
      : [
          `metadata.json: provider is ${JSON.stringify(provider) ?? "missing"}, not "${boxProviders.join('" or "')}".`,
        ]),
  ];
}

/**
 * Checks a box from its archive to the last grain of its disk: that it is a whole tar, is for a provider
 * known here, that its descriptor or metadata fit the disk that is there, and that the disk image is
 * undamaged.
 *
 * Never rejects because of what is in the file: everything found is in the report.
 */
export async function verifyBox(path: string, check: BoxCheck = {}): Promise<BoxReport> {
  const problems: string[] = [];
  if (check.sha256 !== undefined) {
    const sha256 = await attempt(problems, "checksum", () => fileSha256(path));
    if (sha256 !== undefined && sha256 !== check.sha256) {
      problems.push(`checksum: it is ${sha256}, but must be ${check.sha256}.`);
    }
  }
  const box = await attempt(problems, "archive", () => readBox(path));
  if (box === undefined) return { problems };
  problems.push(...archiveProblems(box));

  const verify = box.metadata["provider"] === "libvirt" ? verifyLibvirt : verifyVirtualBox;
  return { problems, box, ...(await verify(box, check, problems)) };
}
