// Removes what `npm run box` left but the boxes: `pulumi destroy` on the `local` stack.
//   node ops/setup/run.mjs ops/destroy.ts
import { openLocalStack } from "./localStack";
import { setUp } from "./setup";
import { announceOn } from "./setup/log";

/** Destroys the stack's resources; boxes are none of them. */
export async function main(): Promise<void> {
  const announce = announceOn(process.stderr);
  const stack = await openLocalStack(await setUp("box", announce));
  const { summary } = await stack.destroy({ color: "never" });
  const removed = summary.resourceChanges?.delete ?? 0;
  announce.line(
    removed === 0
      ? "Nothing to remove; boxes stay where they were published."
      : `Removed the work directory and ${removed} resources of the stack; boxes stay where they were published.`,
  );
}

if (require.main === module) {
  main().catch((error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  });
}
