import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { makePlan, type Plan } from "../../settings/plan";

type Raw = Record<string, unknown>;

/** A project folder with the little that a plan reads, and an image in it. */
export class PlanProject {
  public readonly directory = fs.mkdtempSync(path.join(tmpdir(), "ami2box-plan-"));

  constructor() {
    this.write("scripts/stages/box.sh", "# box\n");
    this.write("scripts/fixes/10-kernel.sh", "# kernel\n");
    this.write("scripts/fixes/90-cloud-users.sh", "# cloud users\n");
    this.write("scripts/fixes/lib.sh", "# no fix\n");
    this.write("formats/vmdk.ts", "export {};\n");
    this.write("disk.img", Buffer.alloc(1024));
    this.write("mine.sh", "echo mine\n");
  }

  public write(file: string, content: string | Uint8Array): string {
    const full = path.join(this.directory, file);
    fs.mkdirSync(path.dirname(full), { recursive: true });
    fs.writeFileSync(full, content);
    return full;
  }

  /** A plan for the image, with what is given laid over. */
  public plan(raw: Raw = {}): Promise<Plan> {
    return makePlan({ source: { type: "image", path: "disk.img" }, ...raw }, this.directory);
  }

  /** Every file and folder below the project. */
  public files(): string[] {
    return (fs.readdirSync(this.directory, { recursive: true }) as string[]).sort();
  }

  public remove(): void {
    fs.rmSync(this.directory, { recursive: true, force: true });
  }
}
