import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import * as path from "node:path";

import { PutObjectCommand } from "@aws-sdk/client-s3";

import { BucketStore } from "../../ops/publish/bucketStore";
import { publish } from "../../ops/publish/publish";
import { bucket, BucketFixture, region, root } from "./bucketFixture";
import { finishedBox } from "./publishFixture";

describe("publishing in a bucket where something is in the way", function () {
  this.timeout(120_000);
  let s3: BucketFixture;

  before(async () => {
    s3 = await BucketFixture.start();
  });
  after(() => s3.stop());
  beforeEach(() => s3.begin());
  afterEach(() => s3.end());

  it("adopts a box that a crash kept from the catalog when it is the same", async () => {
    await s3.put();
    await s3.remove("catalog.json");
    s3.gate.set({});
    await s3.put();
    assert.equal((await s3.catalog()).versions.length, 1);
    assert.ok(!s3.gate.requests.some((each) => /PUT .*\.box/.test(each)));
  });

  it("refuses another content under a box key that is there, catalogued or not", async () => {
    await s3.put();
    await assert.rejects(s3.put({ content: "another" }), /published already for virtualbox amd64/);
    await s3.remove("catalog.json");
    await assert.rejects(
      s3.put({ content: "another" }),
      /s3:\/\/boxes-of-acme\/team\/boxes\/acme\/demo\/1\.0\.0\/virtualbox-amd64\.box is there already with another content .*choose another version/,
    );
    const box = await s3.object(`${root}/1.0.0/virtualbox-amd64.box`);
    assert.equal(box.content.toString(), "a box");
  });

  it("does not replace a box that appears while its own is on the way", async () => {
    const rival = path.join(s3.folder, "rival");
    let raced = false;
    s3.gate.set({
      before: async (method, key) => {
        if (raced || method !== "PUT" || !key.endsWith(".box")) return;
        raced = true;
        await publish(s3.store(), finishedBox(rival, { content: "the rival's" }));
      },
    });
    await assert.rejects(s3.put(), /is there already with another content/);
    const box = await s3.object(`${root}/1.0.0/virtualbox-amd64.box`);
    assert.equal(box.content.toString(), "the rival's");
  });

  it("waits for permissions that settle late, and says so", async () => {
    s3.gate.set({ settlesAfter: 3 });
    await s3.put();
    assert.equal((await s3.catalog()).versions.length, 1);
  });

  it("gives up, and names what must be allowed, when they never settle", async () => {
    s3.gate.set({ settlesAfter: Infinity });
    await assert.rejects(
      s3.put({}, s3.store(300)),
      /virtualbox-amd64\.box: it is not permitted \(AccessDenied.*allow s3:PutObject, s3:GetObject and s3:AbortMultipartUpload/,
    );
  });

  it("leaves no unfinished upload behind when one fails", async () => {
    let parts = 0;
    s3.gate.set({
      before: (method, key) => {
        if (method === "PUT" && key.endsWith(".box") && ++parts === 2) {
          s3.gate.set({ settlesAfter: 1 });
        }
      },
    });
    await s3.put({ content: randomBytes(40 << 20) });
    assert.deepEqual(await s3.unfinished(), []);
  });

  it("refuses a file that is not what it is said to be", async () => {
    const { boxes } = finishedBox(s3.folder);
    const wrong: typeof boxes = [{ ...boxes[0], sha256: "ab".repeat(32) }];
    await assert.rejects(
      s3.put({ boxes: wrong }),
      /has the sha256 .*, not abab.*; make the box again/,
    );
    assert.deepEqual(await s3.keys(), []);
  });

  it("names a bucket that is not there", async () => {
    const missing = new BucketStore({ bucket: "no-such-bucket", prefix: "", region });
    await assert.rejects(
      publish(missing, finishedBox(s3.folder)),
      /there is no bucket no-such-bucket; make it, or set publish\.bucket/,
    );
  });

  it("refuses a catalog that is damaged before anything is stored", async () => {
    await s3.put();
    await s3.client.send(
      new PutObjectCommand({ Bucket: bucket, Key: `${root}/catalog.json`, Body: "{" }),
    );
    const before = await s3.keys();
    await assert.rejects(s3.put({ version: "2.0.0" }), /catalog\.json is damaged or no catalog/);
    assert.deepEqual(await s3.keys(), before);
  });

  describe("is checked beforehand:", () => {
    const check = (recipe: string): Promise<string[]> =>
      s3.store(300).checkVersion("acme/demo", "1.0.0", recipe, ["virtualbox-amd64.box"]);

    it("a new version has no problem, and the check leaves nothing", async () => {
      assert.deepEqual(await check("the recipe"), []);
      assert.deepEqual(await s3.keys(), []);
      assert.deepEqual(await s3.unfinished(), []);
    });

    it("a published version is refused, with the reason", async () => {
      await s3.put();
      assert.match((await check("the recipe"))[0] ?? "", /from the same inputs.*nothing to do/);
      assert.match((await check("another"))[0] ?? "", /from other inputs.*choose another version/);
    });

    it("a box that a crash left may be made again from the same inputs only", async () => {
      await s3.put();
      await s3.remove("catalog.json", "1.0.0/report.json");
      assert.deepEqual(await check("the recipe"), []);
      assert.match((await check("another"))[0] ?? "", /choose another version/);
    });

    it("a prefix that may not be written to is a problem", async () => {
      s3.gate.set({ settlesAfter: Infinity });
      assert.match((await check("the recipe"))[0] ?? "", /it is not permitted/);
    });
  });
});
