import { toolEntryPoints, type Stage } from "./stages";
import { stageTriggers } from "./stageTriggers";
import { makeWorkerKit, type WorkerKit } from "../ops/workerKit";

/**
 * What workers take of the project's files, put together once for all boxes of a stack: bundling a tool
 * takes a tenth of a second, and each box would have it done seven times.
 */
export class ProjectFiles {
  private kit: WorkerKit | undefined;
  private readonly triggers = new Map<string, string[]>();

  constructor(private readonly projectDirectory: string) {}

  /** See {@link makeWorkerKit}. */
  public workerKit(): WorkerKit {
    return (this.kit ??= makeWorkerKit(this.projectDirectory, toolEntryPoints));
  }

  /** See {@link stageTriggers}. */
  public stageTriggers(stage: Stage): string[] {
    const known = this.triggers.get(stage.name) ?? stageTriggers(this.projectDirectory, stage);
    this.triggers.set(stage.name, known);
    return known;
  }
}
