import type { Client } from "ssh2";
import type { ResourceLog } from "../lib/engineLog";
import { goQuote } from "./goText";
import { execRemote } from "./remoteExec";

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The names among `variables` that the server does not pass on. */
async function refusedNames(
  client: Client,
  variables: Readonly<Record<string, string>>,
): Promise<string[]> {
  const names = Object.keys(variables);
  const usable = names.filter((name) => NAME.test(name));
  const values = usable.map((name) => `"\${${name}-}"`).join(" ");
  const chunks: Buffer[] = [];
  await execRemote(
    client,
    `sh -c 'printf "\\001"; printf "%s\\000" ${values}'`,
    Object.fromEntries(Object.entries(variables).filter(([name]) => usable.includes(name))),
    "",
    (stream, chunk) => void (stream === "stdout" && chunks.push(chunk)),
  );
  const printed = Buffer.concat(chunks).toString();
  const arrived = printed.slice(printed.indexOf("\x01") + 1).split("\0");
  return names.filter((name) => {
    const index = usable.indexOf(name);
    return index < 0 || arrived[index] !== variables[name];
  });
}

/**
 * Finds out which variables the server accepts, before anything runs with them.
 *
 * The SSH library asks for no answer when it sets a variable, so a first shell prints what arrived.
 *
 * @param environment - variables the command needs
 * @param optional - variables it can do without
 * @returns the variables to run the command with
 * @throws Error if the server refuses one of `environment`
 */
export async function acceptedEnvironment(
  client: Client,
  environment: Readonly<Record<string, string>>,
  optional: Readonly<Record<string, string>>,
  log: ResourceLog,
): Promise<Record<string, string>> {
  const all = { ...environment, ...optional };
  if (Object.keys(all).length === 0) {
    return {};
  }
  const refused = await refusedNames(client, all);
  const needed = refused.filter((name) => !(name in optional));
  if (needed.length > 0) {
    throw new Error(
      `could not set environment variable ${needed.map(goQuote).join(", ")}: ssh: setenv failed; the SSH server must ` +
        `accept it (AcceptEnv), or prefix the command in the form VAR=value command`,
    );
  }
  for (const name of refused) {
    log.warn(
      `Unable to set '${name}'. This only works if your SSH server is configured to accept it via AcceptEnv.`,
    );
  }
  return Object.fromEntries(Object.entries(all).filter(([name]) => !refused.includes(name)));
}
