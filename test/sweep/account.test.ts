import assert from "node:assert/strict";

import { ListRolesCommand } from "@aws-sdk/client-iam";

import { iamPath } from "../../components/tags";
import { listPrices } from "../../ops/cost/prices";
import { findEc2Resources } from "../../ops/sweep/findEc2Resources";
import { findIamResources } from "../../ops/sweep/findIamResources";
import { findUploads } from "../../ops/sweep/findUploads";
import { findLeftovers, resourceKinds, type OwnedResource } from "../../ops/sweep/leftovers";
import { removeLeftover } from "../../ops/sweep/removeLeftover";
import { MotoServer } from "../support/moto";
import { SampleAccount, samplePlace } from "./sampleAccount";

/** A whole build's resources in an account that holds somebody else's too. */
describe("sweeping an account", function () {
  this.timeout(120_000);

  let moto: MotoServer;
  let account: SampleAccount;

  before(async () => {
    moto = await MotoServer.start();
    account = new SampleAccount(moto);
    await account.makeBuild("ours", SampleAccount.tags("r1", new Date("2026-11-24T05:00:00Z")));
    await account.makeBuild("theirs", { owner: "somebody else" });
    await account.beginUploads();
  });

  after(() => moto.stop());

  const findAll = async (): Promise<OwnedResource[]> => [
    ...(await findEc2Resources(account.ec2, listPrices)),
    ...(await findIamResources(account.iam)),
    ...(await findUploads(account.s3, samplePlace)),
  ];

  it("finds everything of ours, of every kind, and nothing of others", async () => {
    const found = await findAll();
    assert.deepEqual(new Set(found.map(({ kind }) => kind)), new Set(resourceKinds));
    for (const kind of resourceKinds) {
      assert.equal(found.filter((each) => each.kind === kind).length, 1, kind);
    }
  });

  it("knows what each costs a month", async () => {
    const costs = new Map((await findAll()).map(({ kind, monthlyCost }) => [kind, monthlyCost]));
    assert.equal(costs.get("instance")?.toFixed(2), (0.0208 * 720).toFixed(2));
    assert.equal(costs.get("volume")?.toFixed(2), "0.80");
    assert.equal(costs.get("role"), 0);
  });

  it("deletes all of it, in order, and leaves what is somebody else's", async () => {
    const leftovers = findLeftovers(await findAll(), new Date("2126-01-01"), () => undefined);
    assert.equal(leftovers.length, resourceKinds.length);
    for (const leftover of leftovers) await removeLeftover(account, leftover);
    assert.deepEqual(await findAll(), []);

    assert.deepEqual(Object.values(await account.instances()).sort(), ["running", "terminated"]);
    const { Roles = [] } = await account.iam.send(new ListRolesCommand({ PathPrefix: iamPath }));
    assert.deepEqual(
      Roles.map(({ RoleName }) => RoleName),
      ["theirs"],
    );
    assert.equal((await account.uploads()).length, 2);
  });

  it("takes what is gone already for deleted", async () => {
    for (const kind of resourceKinds) {
      const id = {
        instance: "i-0123456789abcdef0",
        image: "ami-0123456789abcdef0",
        snapshot: "snap-0123456789abcdef0",
        volume: "vol-0123456789abcdef0",
        "key pair": "ours",
        "security group": "sg-0123456789abcdef0",
        "instance profile": "ours",
        role: "ours",
        "multipart upload": `s3://${samplePlace.bucket}/vagrant/a/1/b-c.box#gone`,
      }[kind];
      const ownership = { project: "p", stack: "s", run: "r", expires: new Date(0) };
      await removeLeftover(account, {
        kind,
        id,
        ownership,
        reason: "expired",
        created: undefined,
        monthlyCost: 0,
      });
    }
  });
});
