import assert from "node:assert/strict";

import type { StageResult } from "../../components/stageRunner";
import { escapeHtml } from "../../ops/report/htmlText";
import { buildReport, type Report, type ReportInputs } from "../../ops/report/reportData";
import { reportHtml } from "../../ops/report/reportHtml";
import { checks, onePixelPng, stageResults } from "./publishFixture";
import { inputs } from "./reportFixture";

function page(
  changes: Partial<ReportInputs> = {},
  catalog = "/out/acme/demo/catalog.json",
): string {
  const report = buildReport({ ...inputs, ...changes });
  return reportHtml({ report, catalog, screenshot: onePixelPng });
}

describe("report.html", () => {
  it("is one file: nothing is fetched, no script is run", () => {
    const html = page();
    assert.doesNotMatch(html, /<script|<link|@import|url\(|src="(?!data:)/i);
    const links = [...html.matchAll(/href="([^"]*)"/g)].map(([, link]) => link);
    assert.deepEqual(links, ["report.json"]);
  });

  it("has the timeline, the sizes, every check and fix, the screen and the commands", () => {
    const html = page();
    for (const { stage } of stageResults) assert.ok(html.includes(`>${stage}</text>`), stage);
    for (const { name, detail } of checks) {
      assert.ok(html.includes(escapeHtml(name)) && html.includes(escapeHtml(detail)), name);
    }
    assert.match(html, /<td>provision<\/td><td>754 MB<\/td><td>18 MB<\/td>/);
    assert.match(html, /network: mended<small>found: no DHCP on eth0; done: DHCP on eth0<\/small>/);
    assert.match(html, /cloud-users: skipped<small>found: account admin; turned off<\/small>/);
    assert.match(html, /fstab: mended<small>found: no entry for \/; done: write it<\/small>/);
    assert.match(html, /network: to be mended<small>tied to a MAC address; DHCP on eth0<\/small>/);
    assert.match(html, /✓<\/b>init<small>systemd<\/small>/);
    assert.ok(html.includes(`src="data:image/png;base64,${onePixelPng.toString("base64")}"`));
    assert.match(html, /vagrant box add \/out\/acme\/demo\/catalog\.json --box-version 1\.0\.0</);
    assert.match(html, /vagrant init acme\/demo --box-version 1\.0\.0</);
    assert.ok(html.includes("ab".repeat(32)) && html.includes("the-recipe"));
    assert.match(html, /<dt>archive state<\/dt><dd>2026<\/dd>/);
  });

  it("says in words what the guest is like, and lists the packages folded up", () => {
    const html = page();
    assert.match(html, /<dt>shared folders<\/dt><dd>the kernel&#39;s own modules<\/dd>/);
    assert.match(html, /<dt>starts with<\/dt><dd>BIOS, and EFI as well, by grub<\/dd>/);
    assert.match(html, /<details>\n<summary>2 packages<\/summary>/);
    assert.match(html, /<td>rsync<\/td><td>3\.2\.7-1\+deb12u2<\/td>/);
    assert.doesNotMatch(html, /private_key_path/);
  });

  it("tells how a private box is entered", () => {
    const stages = stageResults.map((each) =>
      each.stage === "provision" ? { ...each, access: "private" } : each,
    );
    assert.match(
      page({ stages }),
      /<code>config\.ssh\.private_key_path = &quot;~\/\.ssh\/id_ed25519&quot;</,
    );
  });

  it("says that the box was started, or that it was not, or that checks failed", () => {
    assert.match(page(), /"verdict good">✓ Started and logged into before it was published/);
    assert.match(
      page({ stages: stageResults.slice(0, 5), checks: [] }),
      /"verdict warn">! Never started: the boot proof was turned off\./,
    );
    const failed = [...checks, { name: "no unit failed", ok: false, detail: "ssh.service" }];
    assert.match(page({ checks: failed }), /"verdict bad">✗ Started, and 1 of 3 checks failed\./);
  });

  it("lists failed checks first, and marks skipped ones", () => {
    const html = page({ checks: [...checks, { name: "the bad one", ok: false, detail: "" }] });
    assert.ok(html.indexOf("the bad one") < html.indexOf("logs in"));
    assert.match(html, /<b class="bad">✗<\/b>the bad one</);
    assert.match(html, /<b class="warn">–<\/b>no swap</);
    assert.match(html, /<b class="good">✓<\/b>logs in</);
  });

  it("shows no screen where there is none", () => {
    const html = reportHtml({ report: buildReport(inputs), catalog: "c" });
    assert.doesNotMatch(html, /<img|boot proof<\/h2>/);
  });

  describe("of a version with several boxes", () => {
    const proof = (of: string, seconds: number, failed: number): StageResult => ({
      ...stageResults[0]!,
      stage: "boot-proof",
      of,
      accel: "tcg",
      secondsToSsh: seconds,
      checks: { passed: 60, failed, skipped: 2 },
    });
    const several: Partial<ReportInputs> = {
      boxes: [
        inputs.boxes[0],
        { provider: "libvirt", architecture: "amd64", bytes: 250_000_000, sha256: "cd".repeat(32) },
        {
          provider: "virtualbox",
          architecture: "arm64",
          bytes: 240_000_000,
          sha256: "ef".repeat(32),
        },
      ],
      stages: [proof("libvirt-amd64", 31.5, 1), proof("virtualbox-amd64", 21.5, 0)],
    };

    it("tells of each how its own boot proof went, and names the stages by what they are about", () => {
      const report = buildReport({ ...inputs, ...several });
      assert.deepEqual(
        report.boxes.map(({ bootProof }) => bootProof),
        [
          { accelerator: "tcg", secondsToSsh: 21.5, passed: 62, checks: 62 },
          { accelerator: "tcg", secondsToSsh: 31.5, passed: 62, checks: 63 },
          undefined,
        ],
      );
      assert.deepEqual(report.bootProof, { accelerator: "tcg", secondsToSsh: 21.5 });
      assert.deepEqual(
        report.stages.map(({ name }) => name),
        ["boot-proof libvirt-amd64", "boot-proof virtualbox-amd64"],
      );
    });

    it("shows each with its size and sha256", () => {
      const html = page(several);
      for (const text of ["libvirt, amd64", "250 MB", "cd".repeat(32), "never started"]) {
        assert.ok(html.includes(text), text);
      }
      assert.ok(!page().includes("Boxes of this version"));
    });
  });

  it("escapes every text it is given, whatever is in it", () => {
    const evil = `<script>alert("1")</script>'&`;
    const texts: Report = {
      box: {
        ...buildReport(inputs).box,
        name: evil,
        version: evil,
        architecture: evil,
        sha256: evil,
      },
      boxes: [1, 2].map(() => ({ provider: evil, architecture: evil, bytes: 1, sha256: evil })),
      recipe: evil,
      provenance: { [evil]: evil },
      stages: [{ name: evil, seconds: 1, inputBytes: 1, outputBytes: 1 }],
      preflight: [{ check: evil, found: evil, verdict: "fix", remedy: evil }],
      fixes: [{ name: evil, found: evil, verdict: evil, remedy: evil }],
      checks: [{ name: evil, ok: true, detail: evil }],
      packages: [{ name: evil, version: evil, architecture: evil }],
      guest: {
        access: evil,
        firmware: evil,
        bootLoader: evil,
        guestAdditions: evil,
        guestAdditionsReason: evil,
        kernels: [evil],
      },
      bootProof: { accelerator: evil, secondsToSsh: 1 },
    };
    const html = reportHtml({ report: texts, catalog: evil });
    assert.doesNotMatch(html, /<script|alert\("/);
    assert.ok(html.split("&lt;script&gt;").length > 12);
  });

  it("closes every element it opens, in order", () => {
    const without = page({ stages: [], checks: [] });
    for (const html of [page(), without]) {
      const open: string[] = [];
      for (const [, slash, name, rest] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)([^>]*)>/g)) {
        if (["meta", "img"].includes(name!) || rest!.endsWith("/")) continue;
        if (slash === "") open.push(name!);
        else assert.equal(open.pop(), name);
      }
      assert.deepEqual(open, []);
    }
  });
});
