import { lastLines, rootPrefix, run, type CommandOptions } from "../../ops/setup/commands";

export interface LimitedOptions extends Omit<CommandOptions, "timeout"> {
  /** Time limit in seconds; default 120. The command is asked to end first, then killed. */
  readonly seconds?: number;
  /** Whether it must read what VirtualBox wrote, which belongs to root. */
  readonly asRoot?: boolean;
}

/**
 * Runs a command to its end and gives its standard output.
 *
 * @throws Error with its last lines if it fails or takes too long
 */
export async function succeed(
  command: string,
  args: readonly string[],
  { seconds = 120, asRoot = false, ...options }: LimitedOptions = {},
): Promise<string> {
  const limited = ["timeout", "--kill-after=30", String(seconds), command, ...args];
  const [first = "", ...rest] = [...(asRoot ? rootPrefix() : []), ...limited];
  const { code, stdout, output } = await run(first, rest, options);
  if (code === 0) return stdout;
  const reason = code === 124 ? `took more than ${seconds} s` : `ended with status ${code}`;
  throw new Error(`${command} ${args.join(" ")} ${reason}:\n${lastLines(output)}`);
}
