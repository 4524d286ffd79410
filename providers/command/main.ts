/**
 * A STAND-IN for the official Pulumi plugin `command`, for machines that cannot download it. Same types, same inputs,
 * same life cycle, same texts. It differs in these ways:
 *
 * - A line of 64 KiB or more fails the command; the official plugin hangs for ever.
 * - Cancelling ends the whole process group of a local command, SIGTERM first; the official plugin kills the shell
 *   only, with SIGKILL. The same happens when the engine is killed.
 * - A remote variable counts as refused if a shell on the other machine does not see it; the answer of the SSH server
 *   itself is not asked for.
 * - `perDialTimeout` covers the whole log-in, not only the TCP connection; behind a proxy, the last hop is retried as
 *   one step.
 * - `command:remote:CopyFile`, deprecated in favour of CopyToRemote, is missing.
 */
import { serve } from "../lib/standIn";
import { copyToRemote } from "./copyToRemote";
import { localCommand, localRunFunction } from "./localCommand";
import { ProcessGroups } from "./processGroups";
import { remoteCommand } from "./remoteCommand";

const groups = new ProcessGroups();
const cancelled = new AbortController();

void serve({
  resources: {
    "command:local:Command": localCommand(groups),
    "command:remote:Command": remoteCommand(cancelled.signal),
    "command:remote:CopyToRemote": copyToRemote(cancelled.signal),
  },
  functions: {
    "command:local:run": localRunFunction(groups),
  },
  cancel: () => {
    cancelled.abort();
    return groups.endAll();
  },
});
