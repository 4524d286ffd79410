import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

const folderPrefix = "ami2box-emulated-aws-";

/** Makes a private folder for this process, and removes those of processes that were killed. */
export function makeRunFolder(): string {
  removeFoldersOfTheDead();
  return fs.mkdtempSync(path.join(tmpdir(), `${folderPrefix}${process.pid}-`));
}

/** Their machines ended with them. */
function removeFoldersOfTheDead(): void {
  for (const name of fs.readdirSync(tmpdir())) {
    const [, pid] = new RegExp(`^${folderPrefix}(\\d+)-`).exec(name) ?? [];
    if (pid !== undefined && !fs.existsSync(`/proc/${pid}`)) {
      fs.rmSync(path.join(tmpdir(), name), { recursive: true, force: true });
    }
  }
}
