#!/usr/bin/env node
// First thing that every npm script runs:  node ops/setup/run.mjs FILE.ts [ARGUMENT...]
//
// Checks the machine, installs the npm packages of package-lock.json if node_modules differs from
// it, then runs FILE.ts through ts-node (no type check). Prints only when there is something to do:
//   ami2box: installing npm packages ... done in 21 s
// Two at once are safe: the installation holds a lock that the kernel releases with the process.
import { spawn, spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { machineProblems } from "./machine.mjs";
import { installPackages, packagesAreInstalled, privateFolder } from "./npmPackages.mjs";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const INSTALL_ONLY = "--install-packages";
/** Exit status by which flock says that another process holds the lock. */
const LOCK_IS_HELD = 75;

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function isOnPath(name) {
  return (process.env.PATH || "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function checkMachine() {
  const problems = machineProblems({
    nodeVersion: process.versions.node,
    platform: process.platform,
    architecture: process.arch,
    userId: process.getuid ? process.getuid() : 0,
    hasSudo: isOnPath("sudo"),
    hasApt: isOnPath("apt-get"),
    hasNpm: isOnPath("npm"),
  });
  if (problems.length > 0) {
    fail(["ami2box cannot run on this machine:", ...problems.map((it) => `  - ${it}`)].join("\n"));
  }
}

/** The part that runs under the lock: another run may have installed the packages meanwhile. */
function installUnderLock() {
  if (packagesAreInstalled(root)) return;
  const started = Date.now();
  process.stderr.write("ami2box: installing npm packages ... ");
  const problem = installPackages(root);
  if (problem !== undefined) {
    fail(`failed\n${problem}\nnpm ci failed: check the network and the registry, then run again.`);
  }
  process.stderr.write(`done in ${((Date.now() - started) / 1000).toFixed(0)} s\n`);
}

function ensurePackages() {
  if (packagesAreInstalled(root)) return;
  const lock = join(privateFolder(root), "npm.lock");
  const install = [lock, process.execPath, fileURLToPath(import.meta.url), INSTALL_ONLY];
  const underLock = (...options) =>
    spawnSync("flock", [...options, ...install], { stdio: ["ignore", "inherit", "inherit"] });
  let result = underLock("--nonblock", "--conflict-exit-code", String(LOCK_IS_HELD));
  if (result.status === LOCK_IS_HELD) {
    process.stderr.write("ami2box: waiting for another run that is installing npm packages\n");
    result = underLock();
  }
  if (result.error) fail(`flock cannot be run (package util-linux): ${result.error.message}`);
  if (result.status !== 0) process.exit(result.status || 1);
}

function handOver(file, args) {
  const tsNode = join(root, "node_modules/ts-node/register/transpile-only");
  const child = spawn(process.execPath, ["-r", tsNode, file, ...args], { stdio: "inherit" });
  // The terminal sends Ctrl-C to both; only the child decides how to end. A signal sent to this
  // process alone is passed on.
  process.on("SIGINT", () => {});
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => fail(`Could not start Node.js again: ${error.message}`));
  child.on("close", (code, signal) => {
    if (signal !== null) {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    } else {
      process.exitCode = code;
    }
  });
}

const [file, ...args] = process.argv.slice(2);
if (file === undefined) fail("Usage: node ops/setup/run.mjs FILE.ts [ARGUMENT...]");
if (file === INSTALL_ONLY) {
  installUnderLock();
} else {
  checkMachine();
  ensurePackages();
  handOver(join(root, file), args);
}
