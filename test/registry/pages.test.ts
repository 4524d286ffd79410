import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { checksumManifest } from "../../ops/registry/checksumManifest";
import { exampleVagrantfile } from "../../ops/registry/exampleVagrantfile";
import { indexHtml } from "../../ops/registry/indexHtml";
import { yank } from "../../ops/registry/standing";
import { sampleCatalog } from "./catalogs";

describe("what is published beside a catalog", () => {
  const catalogUrl = "https://boxes.example.org/acme/demo/catalog.json";

  it("lists the versions, the newest first, with size, checksum, day and report", () => {
    const page = indexHtml(sampleCatalog("1.0.0", "1.1.0"), catalogUrl);
    assert.ok(page.indexOf(">1.1.0 ") < page.indexOf(">1.0.0 "));
    for (const text of [
      "current, 2026-11-24",
      "261 MB",
      "0123456789abcdef".repeat(4),
      'href="1.1.0/report.html"',
      'href="1.1.0/SHA256SUMS"',
      `vagrant box add ${catalogUrl}`,
    ]) {
      assert.ok(page.includes(text), text);
    }
  });

  it("shows text of others as text", () => {
    const page = indexHtml(sampleCatalog("1.0.0"), catalogUrl);
    assert.ok(page.includes("A box with &lt;everything&gt; &amp; more"));
  });

  it("names what was withdrawn", () => {
    const page = indexHtml(yank(sampleCatalog("1.0.0", "1.1.0"), "1.1.0"), catalogUrl);
    assert.match(page, /Withdrawn<\/h2>\n<p>1\.1\.0</);
    assert.ok(!page.includes('href="1.1.0/report.html"'));
  });

  it("gives a Vagrantfile that Ruby reads as it was meant, whatever is in the texts", () => {
    const text = exampleVagrantfile({
      name: "acme/d'emo#{1}",
      catalogUrl: `${catalogUrl}?a=\\'#{2}`,
      privateAddress: "10.10.1.10",
    });
    const reader = `
      Seen = Struct.new(:box, :box_url, :net) { def network(kind, ip:) = self.net = [kind, ip]; def vm = self }
      module Vagrant; def self.configure(_) = yield($seen = Seen.new); end
      eval(STDIN.read); puts [$seen.box, $seen.box_url, $seen.net].flatten`;
    const seen = execFileSync("ruby", ["-e", reader], { input: text, encoding: "utf8" });
    assert.deepEqual(seen.trim().split("\n"), [
      "acme/d'emo#{1}",
      `${catalogUrl}?a=\\'#{2}`,
      "private_network",
      "10.10.1.10",
    ]);
  });

  it("gives checksums that sha256sum checks", () => {
    const folder = fs.mkdtempSync(path.join(tmpdir(), "ami2box-sums-"));
    try {
      const files = ["report.json", "box with a space.box"].map((file) => {
        fs.writeFileSync(path.join(folder, file), file);
        return { file, sha256: createHash("sha256").update(file).digest("hex") };
      });
      fs.writeFileSync(path.join(folder, "SHA256SUMS"), checksumManifest(files));
      const checked = execFileSync("sha256sum", ["--strict", "--check", "SHA256SUMS"], {
        cwd: folder,
        encoding: "utf8",
      });
      assert.equal(checked, "box with a space.box: OK\nreport.json: OK\n");
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  });
});
