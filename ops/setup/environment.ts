import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ADMIN_FOLDERS } from "./commands";
import { privateFolder } from "./folders";

/** Whose state backend a stack uses: the project's own folder, or what the user logged in to. */
export type Backend = "private" | "user";

/** Variables that make Pulumi keep to the project's folder and ask nothing. */
function privateVariables(root: string): Record<string, string> {
  const own = privateFolder(root);
  return {
    PULUMI_HOME: join(own, "pulumi-home"),
    PULUMI_BACKEND_URL: `file://${join(own, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // `npm run lint` checks types; checking them again costs each `pulumi` command three seconds.
    PULUMI_NODEJS_TRANSPILE_ONLY: "true",
  };
}

/**
 * The environment in which Pulumi, the stages and the tests run.
 *
 * The `local` stack is always in the project's own folder, whatever the user is logged in to. With
 * backend `user` the state, passphrase and login stay the user's; only plugins and CLI are ours.
 *
 * @param root absolute path of the project
 * @param pulumiFolder folder of the `pulumi` executable, put first on PATH
 * @param base the caller's environment; it wins for whatever is not named here
 */
export function projectEnvironment(
  root: string,
  pulumiFolder: string,
  base: NodeJS.ProcessEnv,
  backend: Backend = "private",
): NodeJS.ProcessEnv {
  const inherited = (base.PATH ?? "").split(":").filter((folder) => folder !== "");
  const path = [
    pulumiFolder,
    ...inherited.filter((folder) => folder !== pulumiFolder),
    ...ADMIN_FOLDERS.filter((folder) => !inherited.includes(folder)),
  ];
  const variables: NodeJS.ProcessEnv = { ...base, ...privateVariables(root), PATH: path.join(":") };
  if (backend === "private") {
    // A file named here would be asked before the empty passphrase.
    delete variables.PULUMI_CONFIG_PASSPHRASE_FILE;
    return variables;
  }
  for (const name of ["PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE"]) {
    if (base[name] === undefined) delete variables[name];
    else variables[name] = base[name];
  }
  // The login is in the user's Pulumi home, which is not the one with our plugins.
  variables.PULUMI_CREDENTIALS_PATH =
    base.PULUMI_CREDENTIALS_PATH ?? base.PULUMI_HOME ?? join(base.HOME ?? "/", ".pulumi");
  return variables;
}

function quote(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}

/** The private environment as shell text: `. .ami2box/env`, then plain `pulumi` commands work. */
export function environmentFile(root: string, pulumiFolder: string): string {
  const lines = Object.entries(privateVariables(root)).map(
    ([name, value]) => `export ${name}=${quote(value)}`,
  );
  return [
    "# Written by set-up. In a shell:  . .ami2box/env  &&  pulumi up --stack local",
    ...lines,
    "unset PULUMI_CONFIG_PASSPHRASE_FILE",
    `export PATH=${quote(pulumiFolder)}:"$PATH"`,
    "",
  ].join("\n");
}

/** Makes the private folders and writes `.ami2box/env` if it would change. */
export function writeEnvironment(root: string, pulumiFolder: string): void {
  const own = privateFolder(root);
  for (const name of ["pulumi-home", "state", "logs"]) {
    mkdirSync(join(own, name), { recursive: true });
  }
  const file = join(own, "env");
  const text = environmentFile(root, pulumiFolder);
  if (readIfThere(file) === text) return;
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, text);
  renameSync(temporary, file);
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/**
 * Whose backend a stack is in: `local` is in the project's own folder; any other where the user is logged in
 * to, and in the project's folder too where there is no login.
 *
 * @param base the caller's environment
 */
export function backendOf(stack: string, base: NodeJS.ProcessEnv): Backend {
  if (stack === "local") return "private";
  const login = readIfThere(
    join(base.PULUMI_HOME ?? join(base.HOME ?? "/", ".pulumi"), "credentials.json"),
  );
  const isLoggedIn = login !== undefined && /"current":\s*"[^"]/.test(login);
  return base.PULUMI_BACKEND_URL || base.PULUMI_ACCESS_TOKEN || isLoggedIn ? "user" : "private";
}
