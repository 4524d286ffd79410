/**
 * A STAND-IN for the official Pulumi plugin `command`, for machines that cannot download it. Same types, same inputs,
 * same life cycle, same texts. It differs in these ways:
 *
 * - A line of 64 KiB or more fails the command; the official plugin hangs for ever.
 * - Cancelling ends the whole process group of a local command, SIGTERM first; the official plugin kills the shell
 *   only, with SIGKILL. The same happens when the engine is killed.
 */
import { serve } from "../lib/standIn";
import { localCommand, localRunFunction } from "./localCommand";
import { ProcessGroups } from "./processGroups";

const groups = new ProcessGroups();

void serve({
  resources: {
    "command:local:Command": localCommand(groups),
  },
  functions: {
    "command:local:run": localRunFunction(groups),
  },
  cancel: () => groups.endAll(),
});
