import assert from "node:assert/strict";

import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";

import program from "../../schedule";
import { RecordedStack } from "../components/recordedStack";

const required = {
  organization: "acme",
  repository: "https://git.example.org/acme/ami2box.git",
  roleArn: "arn:aws:iam::123456789012:role/ami2box-nightly",
};

function configure(settings: Readonly<Record<string, string>>): void {
  pulumi.runtime.setAllConfig(
    Object.fromEntries(
      Object.entries(settings).map(([key, value]) => [`ami2box-schedule:${key}`, value]),
    ),
  );
}

async function declared(settings: Readonly<Record<string, string>> = {}): Promise<RecordedStack> {
  configure({ ...required, ...settings });
  return RecordedStack.of(() => program());
}

/** The problems the program refuses these settings with; nothing may have been declared. */
async function problemsOf(settings: Readonly<Record<string, string>>): Promise<string> {
  let message = "";
  configure(settings);
  const stack = await RecordedStack.of(() => {
    try {
      program();
    } catch (error) {
      assert.ok(pulumi.RunError.isInstance(error));
      message = error.message;
    }
  });
  assert.deepEqual(stack.registrations, []);
  return message;
}

describe("the nightly schedule", () => {
  after(() => pulumi.runtime.setAllConfig({}));

  it("builds the nightly stack of the project at one and destroys it at five", async () => {
    const stack = await declared();
    const of = (name: string): unknown => stack.get(name).inputs;
    const target = { organization: "acme", project: "ami2box", stack: "nightly" };
    assert.deepEqual(of("nightly-update"), {
      ...target,
      pulumiOperation: "update",
      scheduleCron: "0 1 * * *",
    });
    assert.deepEqual(of("nightly-destroy"), {
      ...target,
      pulumiOperation: "destroy",
      scheduleCron: "0 5 * * *",
    });
  });

  it("schedules nothing before the deployment settings are there", async () => {
    const stack = await declared();
    for (const name of ["nightly-update", "nightly-destroy"]) {
      assert.ok(
        stack.optionsOf(name).dependencies.some((urn) => urn.endsWith("::nightly-settings")),
        name,
      );
    }
  });

  it("takes the source from the repository and adds the login to the stack before each run", async () => {
    const stack = await declared({ branch: "release" });
    const inputs = stack.get("nightly-settings").inputs;
    assert.deepEqual(inputs["sourceContext"], {
      git: { repoUrl: required.repository, branch: "release" },
    });
    assert.deepEqual(inputs["operationContext"], {
      environmentVariables: { PULUMI_CONTINUE_ON_ERROR: "true" },
      preRunCommands: [
        "pulumi config env add ami2box/nightly-aws-login --stack acme/nightly --yes",
      ],
    });
  });

  it("logs in to AWS over OpenID Connect for longer than a build may take, without a stored key", async () => {
    const stack = await declared({ updateAt: "22:30", destroyAt: "04:00" });
    const yaml = stack.get("nightly-aws-login").inputs["yaml"] as pulumi.asset.StringAsset;
    const { values } = parse(await yaml.text) as {
      values: {
        aws: { login: { "fn::open::aws-login": { oidc: Record<string, string> } } };
        environmentVariables: Record<string, string>;
      };
    };
    assert.deepEqual(values.aws.login["fn::open::aws-login"].oidc, {
      roleArn: required.roleArn,
      sessionName: "ami2box",
      duration: "7h",
    });
    for (const variable of Object.values(values.environmentVariables)) {
      assert.match(variable, /^\$\{aws\.login\.\w+\}$/);
    }
  });

  it("keeps every resource below its component", async () => {
    const stack = await declared();
    for (const { name, type } of stack.registrations) {
      if (type.startsWith("pulumiservice:")) {
        assert.match(stack.optionsOf(name).parent, /ami2box:schedule:NightlySchedule::nightly$/);
      }
    }
  });

  it("names every wrong setting at once and declares nothing", async () => {
    const message = await problemsOf({
      organization: "",
      repository: "acme/ami2box",
      roleArn: "role/x",
      destroyAt: "25:00",
      cron: "* * * * *",
    });
    for (const path of ["organization", "repository", "roleArn", "destroyAt", "cron"]) {
      assert.match(message, new RegExp(`  - ${path}: `));
    }
  });

  it("refuses a destroy that comes too soon, or later than a session of the role lasts", async () => {
    for (const destroyAt of ["01:30", "12:30"]) {
      const message = await problemsOf({ ...required, updateAt: "01:00", destroyAt });
      assert.match(message, new RegExp(`destroyAt: ${destroyAt} .*1 to 11 hours later`));
    }
  });
});
