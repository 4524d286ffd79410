// Holds a lock for ever, for the test that kills its holder.
import { withLock } from "../../ops/setup/lock";

void withLock(
  process.argv[2]!,
  () => undefined,
  () => {
    process.stdout.write("held\n");
    setInterval(() => undefined, 60_000);
    return new Promise(() => undefined);
  },
);
