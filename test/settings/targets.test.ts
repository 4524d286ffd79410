import assert from "node:assert/strict";

import { checkSettings } from "../../settings/parse";
import { aws, bake, hostKey, refused, ssh, type Raw } from "./targetSettings";

describe("checkSettings of another target", () => {
  it("fills in the defaults of a worker reached over SSH", () => {
    const { settings, problems } = checkSettings(ssh());
    assert.deepEqual(problems, []);
    assert.deepEqual(settings?.worker, {
      workDirectory: "/var/tmp/ami2box",
      host: "build.example",
      port: 22,
      user: "root",
      hostKey,
      privateKeyFile: "key",
    });
    assert.equal(settings.source.type, "debian");
  });

  it("fills in the defaults of a worker in EC2", () => {
    const { settings, problems } = checkSettings(aws());
    assert.deepEqual(problems, []);
    assert.deepEqual(settings?.worker, {
      workDirectory: "/var/tmp/ami2box",
      image: "debian",
      rootGiB: 40,
      lifetimeHours: 4,
      spot: false,
    });
    assert.deepEqual(settings.publish, {
      bucket: "boxes-of-acme",
      prefix: "boxes",
      privateAddress: "10.10.1.10",
    });
  });

  const taken: [string, Raw][] = [
    ["a base AMI by its id", aws({}, bake())],
    [
      "a base AMI by owner, name and architecture",
      aws(
        {},
        bake({ base: { owner: "136693071363", name: "debian-12-*", architecture: "arm64" } }),
      ),
    ],
    ["a base AMI by SSM parameter", aws({}, bake({ base: { ssmParameter: "/golden/ami" } }))],
    [
      "a reboot between two scripts of a bake",
      aws({}, { ...bake(), provisioning: { scripts: ["a.sh", { reboot: true }, "b.sh"] } }),
    ],
    ["a bake alone that names no bucket", { target: "aws", ...bake({ only: true, keepDays: 30 }) }],
    ["a bake alone beside all that a box needs", aws({}, bake({ only: true }))],
    ["a snapshot", aws({}, { source: { type: "snapshot", id: "snap-0123456789abcdef0" } })],
    ["an old short id", aws({}, { source: { type: "ami", id: "ami-0123abcd" } })],
    ["an AMI of one's own for the worker", aws({ image: "ami-0123456789abcdef0", user: "root" })],
    ["a range of 256 addresses", aws({ sshCidr: "192.0.2.0/24" })],
    ["the whole bucket", aws({}, { publish: { bucket: "acme", prefix: "" } })],
    ["a prefix of several words", aws({}, { publish: { bucket: "acme", prefix: "a-1/b_2/c.3" } })],
    ["a bucket beside a worker of one's own", ssh({}, { publish: { bucket: "acme" } })],
    [
      "an address of one's own, retention and the machine's address",
      aws(
        {},
        {
          publish: {
            bucket: "acme",
            url: "https://boxes.example.org/vagrant",
            privateAddress: "192.168.56.10",
            keep: 7,
          },
        },
      ),
    ],
    ["a bucket for boxes made here", { publish: { bucket: "acme", prefix: "boxes" } }],
    [
      "an image on the worker",
      ssh({}, { source: { type: "image", path: "/srv/a.raw", format: "raw", onWorker: true } }),
    ],
  ];
  for (const [what, raw] of taken) {
    it(`takes ${what}`, () => {
      assert.deepEqual(checkSettings(raw).problems, []);
    });
  }

  for (const [what, raw, problem] of refused) {
    it(`refuses ${what}, once`, () => {
      const { problems, settings } = checkSettings(raw);
      assert.equal(problems.length, 1, problems.join("\n"));
      if (typeof problem === "string") assert.equal(problems[0], problem);
      else assert.match(problems[0] ?? "", problem);
      assert.equal(settings, undefined);
    });
  }

  it("tells all that is wrong at once", () => {
    const { problems } = checkSettings(
      aws(
        { sshCidr: "0.0.0.0/0", host: "x", rootGiB: 1 },
        { source: { type: "ami" }, publish: { prefix: "/" }, box: { name: "a b" } },
      ),
    );
    assert.deepEqual(problems.map((problem) => problem.slice(0, problem.indexOf(": "))).sort(), [
      "box.name",
      "publish.bucket",
      "publish.prefix",
      "source.id",
      "worker.host",
      "worker.rootGiB",
      "worker.sshCidr",
    ]);
  });
});
