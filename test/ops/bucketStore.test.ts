import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

import { HeadObjectCommand } from "@aws-sdk/client-s3";

import { publish } from "../../ops/publish/publish";
import { bucket, BucketFixture, root } from "./bucketFixture";
import { finishedBox, onePixelPng } from "./publishFixture";

describe("publishing in a bucket", function () {
  this.timeout(120_000);
  let s3: BucketFixture;

  before(async () => {
    s3 = await BucketFixture.start();
  });
  after(() => s3.stop());
  beforeEach(() => s3.begin());
  afterEach(() => s3.end());

  it("stores the same keys as a folder, each with its content type, and the catalog after what it names", async () => {
    const published = await s3.put();
    assert.deepEqual(await s3.keys(), [
      // Vagrant's shorthand, where the older and, last, where the newer ones look.
      root,
      `${root}/1.0.0/SHA256SUMS`,
      `${root}/1.0.0/console.png`,
      `${root}/1.0.0/report.html`,
      `${root}/1.0.0/report.json`,
      `${root}/1.0.0/virtualbox-amd64.box`,
      `${root}/Vagrantfile`,
      `${root}/catalog.json`,
      `${root}/index.html`,
      "team/boxes/api/v2/vagrant/acme/demo",
    ]);
    assert.equal(
      (await s3.object(`${root}/1.0.0/virtualbox-amd64.box`)).content.toString(),
      "a box",
    );
    assert.deepEqual((await s3.object(`${root}/1.0.0/console.png`)).content, onePixelPng);
    const types = await Promise.all(
      (await s3.keys()).map(async (key) => (await s3.object(key)).type),
    );
    assert.deepEqual(types, [
      "application/json",
      "text/plain; charset=utf-8",
      "image/png",
      "text/html; charset=utf-8",
      "application/json",
      "application/octet-stream",
      "text/plain; charset=utf-8",
      "application/json",
      "text/html; charset=utf-8",
      "application/json",
    ]);
    const puts = s3.gate.requests.filter((each) => each.startsWith("PUT "));
    assert.deepEqual(
      puts.map((each) => path.basename(each.replace(/\?.*$/, ""))),
      [
        "virtualbox-amd64.box",
        "report.html",
        "report.json",
        "console.png",
        "SHA256SUMS",
        "catalog.json",
        "Vagrantfile",
        "index.html",
        "demo",
        "demo",
      ],
    );
    assert.equal(published.catalogUrl, `${s3.gate.endpoint}/${bucket}/${root}/catalog.json`);
    assert.equal((await s3.catalog()).versions[0]?.providers[0]?.url, published.boxUrl);
  });

  it("uploads a large box in parts and verifies S3's checksum of them", async () => {
    const content = randomBytes(40 << 20);
    const { boxes } = finishedBox(s3.folder, { content });
    await s3.put({ content });
    const key = `${root}/1.0.0/virtualbox-amd64.box`;
    assert.equal(
      s3.gate.requests.filter((each) => each.startsWith("PUT /") && each.includes(key)).length,
      3,
    );
    assert.ok((await s3.object(key)).content.equals(content));
    const head = await s3.client.send(
      new HeadObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: "ENABLED" }),
    );
    assert.ok(head.ChecksumSHA256);
    assert.equal((await s3.catalog()).versions[0]?.providers[0]?.checksum, boxes[0].sha256);
  });

  it("stores several boxes under one version with one report, named together", async () => {
    const arm = path.join(s3.folder, "arm.box");
    fs.writeFileSync(arm, "an arm box");
    const { boxes } = finishedBox(s3.folder);
    const sha256 = createHash("sha256").update("an arm box").digest("hex");
    const both: typeof boxes = [
      boxes[0],
      { file: arm, sha256, provider: "libvirt", architecture: "arm64" },
    ];
    const published = await s3.put({ boxes: both });
    assert.equal(published.boxUrls.length, 2);
    const { versions } = await s3.catalog();
    assert.deepEqual(
      versions.map(({ providers }) => providers.map(({ name }) => name)),
      [["virtualbox", "libvirt"]],
    );
    const report = JSON.parse(
      (await s3.object(`${root}/1.0.0/report.json`)).content.toString(),
    ) as {
      boxes: { provider: string }[];
    };
    assert.deepEqual(
      report.boxes.map(({ provider }) => provider),
      ["virtualbox", "libvirt"],
    );
  });

  it("changes nothing when the same box is published again", async () => {
    const first = await s3.put();
    const before = await s3.contents();
    s3.gate.set({});
    assert.deepEqual(await s3.put(), first);
    assert.deepEqual(await s3.contents(), before);
    assert.ok(!s3.gate.requests.some((each) => /PUT .*(catalog\.json|\.box)/.test(each)));
  });

  it("keeps the versions of two builds that finish at once", async () => {
    const versions = Array.from({ length: 6 }, (_, index) => `1.${index}.0`);
    // Each has read the catalog before any of them writes it.
    let waiting = 0;
    let release = (): void => undefined;
    const all = new Promise<void>((resolve) => (release = resolve));
    s3.gate.set({
      before: async (method, key) => {
        if (method !== "PUT" || !key.endsWith("catalog.json") || waiting >= versions.length) return;
        if (++waiting === versions.length) release();
        await all;
      },
    });
    await Promise.all(
      versions.map((version) => {
        const own = path.join(s3.folder, version);
        return publish(s3.store(), finishedBox(own, { version, content: version }));
      }),
    );
    assert.deepEqual(
      (await s3.catalog()).versions.map(({ version }) => version),
      versions,
    );
  });
});
