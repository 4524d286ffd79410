// What a machine must have before anything can be installed on it. Plain JavaScript, no dependency
// and no syntax newer than Node.js 12 (no `?.`, no `??`), here and in what run.mjs imports: a
// Node.js too old for the project, Ubuntu 22.04's for one, must still be told so clearly.

export const OLDEST_NODE_MAJOR = 20;

/**
 * Names everything about the machine that set-up cannot mend by itself.
 *
 * @param {{nodeVersion: string, platform: string, architecture: string, userId: number,
 *   hasSudo: boolean, hasApt: boolean, hasNpm: boolean}} facts what was found
 * @returns {string[]} one sentence a problem, with the value found and the remedy; empty if none
 */
export function machineProblems(facts) {
  const problems = [];
  const major = Number.parseInt(facts.nodeVersion, 10);
  if (!(major >= OLDEST_NODE_MAJOR)) {
    problems.push(
      `Node.js is ${facts.nodeVersion}, but ${OLDEST_NODE_MAJOR} or newer is needed: ` +
        "install it from your distribution, nvm or nodejs.org.",
    );
  }
  if (!facts.hasNpm) {
    problems.push("npm was not found on PATH: install it (it comes with Node.js; package `npm`).");
  }
  if (facts.platform !== "linux" || facts.architecture !== "x64") {
    problems.push(
      `This machine is ${facts.platform} ${facts.architecture}, but the stages need Linux x86_64: ` +
        "use such a machine, a virtual one will do.",
    );
  }
  if (!facts.hasApt) {
    problems.push(
      "apt-get was not found, but the system tools are installed with it: " +
        "use Debian, Ubuntu or a relative.",
    );
  }
  if (facts.userId !== 0 && !facts.hasSudo) {
    problems.push(
      `You are user ${facts.userId} and sudo was not found, but packages and loop devices need ` +
        "root: run as root, or install sudo.",
    );
  }
  return problems;
}
