/**
 * Checks a box and prints a short table of what is in it.
 *
 *     node verify.js demo.box [--sha256 CHECKSUM]
 *
 * Exit status 1, and one reason a line on stderr, if the box is damaged or does not fit together. Every
 * grain of the disk is decompressed, so it takes a second or two a gigabyte of disk data.
 *
 *     box          demo.box, 320593408 bytes
 *     provider     virtualbox, amd64
 *     machine      acme-demo: 2 CPUs, 2048 MiB, 0800279D385B
 *     disk         box-disk001.vmdk, 8589934592 bytes in 320583168 at byte 9216
 *     also         metadata.json, info.json, Vagrantfile, box.ovf
 *     sound        yes
 */
import { parseArgs } from "node:util";
import type { BoxReport } from "../box/boxReport";
import { verifyBox } from "../box/verify";
import { endWithReason, isProgram } from "./command";

function text(value: unknown): string {
  return typeof value === "string" ? value : "unknown";
}

/** The table of a report, for people. */
export function reportTable(path: string, report: BoxReport): string {
  const { box, machine, disk, problems } = report;
  const rows: [string, string][] = [];
  if (box !== undefined) {
    const { provider, architecture } = box.metadata;
    rows.push(["box", `${path}, ${box.bytes} bytes`]);
    rows.push(["provider", `${text(provider)}, ${text(architecture)}`]);
  }
  if (machine !== undefined) {
    const { name, cpus, memoryMiB, mac = "no address" } = machine;
    rows.push(["machine", `${name}: ${cpus} CPUs, ${memoryMiB} MiB, ${mac}`]);
  }
  if (disk !== undefined) {
    const { name, capacity, size, offset } = disk;
    rows.push(["disk", `${name}, ${capacity} bytes in ${size} at byte ${offset}`]);
  }
  if (box !== undefined) {
    const others = box.members.map(({ name }) => name).filter((name) => name !== disk?.name);
    rows.push(["also", others.join(", ")]);
  }
  rows.push(["sound", problems.length === 0 ? "yes" : "no"]);
  return rows.map(([label, value]) => `${label.padEnd(12)} ${value}\n`).join("");
}

/** Checks the box the arguments name; returns the table, and the reasons why it is not sound. */
export async function verifyCommand(
  args: readonly string[],
): Promise<{ readonly table: string; readonly problems: readonly string[] }> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { sha256: { type: "string" } },
    allowPositionals: true,
  });
  const [path] = positionals;
  if (path === undefined || positionals.length > 1) {
    throw new Error(`expected one box, got ${positionals.length}: verify demo.box`);
  }
  const report = await verifyBox(
    path,
    values.sha256 === undefined ? {} : { sha256: values.sha256 },
  );
  return { table: reportTable(path, report), problems: report.problems };
}

if (isProgram(module)) {
  verifyCommand(process.argv.slice(2)).then(({ table, problems }) => {
    process.stdout.write(table);
    for (const problem of problems) endWithReason("verify")(problem);
  }, endWithReason("verify"));
}
