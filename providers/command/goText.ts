/** Texts as Go prints them, because the official plugin is written in Go and its messages are what people search for. */

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
};

const hex = (character: string, width: number): string =>
  character.codePointAt(0)?.toString(16).padStart(width, "0") ?? "";

/** `text` as Go's `%q` prints it. */
export function goQuote(text: string): string {
  const quoted = text.replace(
    /["\\\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu,
    (character) =>
      ESCAPES[character] ??
      (character < "\x80"
        ? `\\x${hex(character, 2)}`
        : character.length === 1
          ? `\\u${hex(character, 4)}`
          : `\\U${hex(character, 8)}`),
  );
  return `"${quoted}"`;
}

const SIGNALS: Readonly<Partial<Record<NodeJS.Signals, string>>> = {
  SIGABRT: "aborted",
  SIGBUS: "bus error",
  SIGFPE: "floating point exception",
  SIGHUP: "hangup",
  SIGILL: "illegal instruction",
  SIGINT: "interrupt",
  SIGKILL: "killed",
  SIGPIPE: "broken pipe",
  SIGQUIT: "quit",
  SIGSEGV: "segmentation fault",
  SIGTERM: "terminated",
};

/** How a process ended, as Go's `exec.ExitError` says it; undefined if it ended well. */
export function goExit(code: number | null, signal: NodeJS.Signals | null): string | undefined {
  if (signal !== null) {
    return `signal: ${SIGNALS[signal] ?? signal}`;
  }
  return code === 0 ? undefined : `exit status ${String(code)}`;
}

const ERRNO: Readonly<Record<string, string>> = {
  E2BIG: "argument list too long",
  EACCES: "permission denied",
  ENOENT: "no such file or directory",
  ENOEXEC: "exec format error",
  ENOTDIR: "not a directory",
};

/** Why a process could not be started, as Go's `os/exec` says it. */
export function goStartError(error: NodeJS.ErrnoException, program: string): string {
  const cause = ERRNO[error.code ?? ""] ?? error.message;
  return error.code === "ENOENT" && !program.includes("/")
    ? `exec: ${goQuote(program)}: executable file not found in $PATH`
    : `fork/exec ${program}: ${cause}`;
}
