import assert from "node:assert/strict";
import * as fs from "node:fs";

import { iamPath, tagNames } from "../../components/tags";
import { projectRoot } from "../../ops/setup/folders";

interface Statement {
  readonly Sid: string;
  readonly Effect: string;
  readonly Action: readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** That it allows every call of a whole build is tested where one runs: test/e2e/awsBuild.test.ts. */
describe("docs/aws-operator-policy.json", () => {
  const text = fs.readFileSync(`${projectRoot()}/docs/aws-operator-policy.json`, "utf8");
  const { Statement: statements } = JSON.parse(text) as { Statement: readonly Statement[] };
  const actions = (sid: string): readonly string[] =>
    statements.find(({ Sid }) => Sid === sid)?.Action ?? [];

  it("names each action in full, and nothing twice in a statement", () => {
    for (const { Sid, Effect, Action } of statements) {
      assert.equal(Effect, "Allow", Sid);
      assert.equal(new Set(Action).size, Action.length, Sid);
      for (const action of Action) assert.match(action, /^[a-z0-9]+:[A-Z][A-Za-z]+$/, Sid);
    }
  });

  it("lets everything be looked at, and changes nothing that is not the project's", () => {
    const looks = /^(ec2:Describe|ssm:GetParameter$|sts:GetCallerIdentity$|iam:List)/;
    for (const { Sid, Action, Resource, Condition } of statements) {
      if (Resource !== "*" || Condition !== undefined) continue;
      for (const action of Action) assert.match(action, looks, Sid);
    }
  });

  it("ends only what bears the project's tag", () => {
    const { Condition } = statements.find(({ Sid }) => Sid === "UseOwn") as Statement;
    assert.deepEqual(Condition, {
      StringEquals: { [`aws:ResourceTag/${tagNames.project}`]: "ami2box" },
    });
    for (const action of ["ec2:TerminateInstances", "ec2:DeregisterImage", "ec2:DeleteVolume"]) {
      assert.ok(actions("UseOwn").includes(action), action);
      assert.equal(statements.filter(({ Action }) => Action.includes(action)).length, 1, action);
    }
  });

  it("reaches roles and profiles of the project's path alone", () => {
    for (const { Sid, Action, Resource } of statements) {
      if (!Action.some((action) => /^iam:(?!List(Roles|InstanceProfiles)$)/.test(action))) continue;
      for (const resource of [Resource].flat()) assert.ok(resource.includes(`${iamPath}*`), Sid);
    }
  });

  it("lets the operator put nothing into the bucket", () => {
    assert.ok(!statements.some(({ Action }) => Action.includes("s3:PutObject")));
  });
});

describe("docs/aws-registry-policy.json", () => {
  it("changes what is published and nothing else", () => {
    const text = fs.readFileSync(`${projectRoot()}/docs/aws-registry-policy.json`, "utf8");
    const { Statement: statements } = JSON.parse(text) as { Statement: readonly Statement[] };
    for (const { Sid, Action, Resource } of statements) {
      for (const action of Action)
        assert.match(action, /^s3:(DeleteObject|GetObject|PutObject|ListBucket)$/);
      assert.match(String(Resource), /^arn:aws:s3:::BUCKET(\/boxes\/\*)?$/, Sid);
    }
  });
});
