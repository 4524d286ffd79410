import assert from "node:assert/strict";

import fc from "fast-check";

import type { StageResult } from "../../components/stageRunner";
import { escapeHtml, formatBytes, formatSeconds } from "../../ops/report/htmlText";
import { parsePackages } from "../../ops/report/guestData";
import { buildReport, type Report, type ReportInputs } from "../../ops/report/reportData";
import { reportHtml } from "../../ops/report/reportHtml";
import { timelineSvg } from "../../ops/report/timelineSvg";
import { checks, onePixelPng, stageResults } from "./publishFixture";

const inputs: ReportInputs = {
  name: "acme/demo",
  version: "1.0.0",
  boxes: [
    {
      provider: "virtualbox",
      architecture: "amd64",
      bytes: 260_891_648,
      sha256: "ab".repeat(32),
    },
  ],
  provenance: { recipe: "the-recipe", source: "Debian bookworm", archiveState: "2026" },
  stages: stageResults,
  checks,
  packages: [
    { name: "adduser", version: "3.134", architecture: "all" },
    { name: "rsync", version: "3.2.7-1+deb12u2", architecture: "amd64" },
  ],
};

function page(
  changes: Partial<ReportInputs> = {},
  catalog = "/out/acme/demo/catalog.json",
): string {
  const report = buildReport({ ...inputs, ...changes });
  return reportHtml({ report, catalog, screenshot: onePixelPng });
}

describe("report.json", () => {
  const report = buildReport(inputs);

  it("holds the box, what each stage took and made, and every check", () => {
    assert.deepEqual(report.box, {
      name: "acme/demo",
      version: "1.0.0",
      provider: "virtualbox",
      architecture: "amd64",
      bytes: 260_891_648,
      sha256: "ab".repeat(32),
    });
    assert.deepEqual(report.stages[2], {
      name: "provision",
      seconds: 41.9,
      inputBytes: 754_000_000,
      outputBytes: 18_000_000,
    });
    assert.equal(report.stages.length, stageResults.length);
    for (const check of report.checks) {
      assert.equal(typeof check.name, "string");
      assert.equal(typeof check.ok, "boolean");
      assert.equal(typeof check.detail, "string");
    }
    assert.deepEqual(report.checks, checks);
  });

  it("holds the recipe and where the box comes from, apart", () => {
    assert.equal(report.recipe, "the-recipe");
    assert.deepEqual(report.provenance, { source: "Debian bookworm", archiveState: "2026" });
  });

  it("holds what was mended in the source and how the boot proof went", () => {
    assert.deepEqual(
      report.fixes.map(({ name, verdict }) => `${name} ${verdict}`),
      ["kernel ok", "network fix", "cloud-users skipped", "fstab fix"],
    );
    assert.deepEqual(report.bootProof, { accelerator: "tcg", secondsToSsh: 21.4 });
  });

  it("holds what the guest is like, and every package in it", () => {
    assert.deepEqual(report.guest, {
      access: "public",
      firmware: "both",
      bootLoader: "grub",
      guestAdditions: "in-tree",
      guestAdditionsReason: "",
      kernels: ["6.1.0-56-amd64"],
    });
    assert.deepEqual(report.packages, inputs.packages);
    assert.deepEqual(parsePackages("adduser\t3.134\tall\n"), [inputs.packages[0]]);
    const without = buildReport({ ...inputs, stages: [] });
    assert.ok(!("guest" in without));
  });

  it("holds what the preflight found, as it found it", () => {
    assert.deepEqual(report.preflight, stageResults[0]?.checks);
    assert.deepEqual(buildReport({ ...inputs, stages: [] }).preflight, []);
  });

  it("has no boot proof, and no checks, when that was turned off", () => {
    const without = buildReport({ ...inputs, stages: stageResults.slice(0, 5), checks: [] });
    assert.ok(!("bootProof" in without));
    assert.deepEqual(without.checks, []);
  });

  it("holds nothing of this machine's folders and no time of day", () => {
    const text = JSON.stringify(report);
    assert.ok(!text.includes("/work/"));
    assert.deepEqual(buildReport(inputs), report);
  });
});

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

describe("timelineSvg", () => {
  const bars = (svg: string): { x: number; width: number }[] =>
    [...svg.matchAll(/class="bar" x="([\d.]+)%" y="\d+" width="([\d.]+)%"/g)].map(
      ([, x, width]) => ({ x: Number(x), width: Number(width) }),
    );

  it("begins each stage where its predecessor ended, and ends at the right edge", () => {
    const [first, second, third] = bars(
      timelineSvg([
        { name: "a", seconds: 50 },
        { name: "b", seconds: 25 },
        { name: "c", seconds: 25 },
      ]),
    );
    assert.deepEqual(
      [first, second, third],
      [
        { x: 0, width: 50 },
        { x: 50, width: 25 },
        { x: 75, width: 25 },
      ],
    );
  });

  it("draws every stage inside the picture, however long or short it was", () => {
    const seconds = fc.array(fc.double({ min: 0, max: 1e5, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(seconds, (times) => {
        const drawn = bars(timelineSvg(times.map((each) => ({ name: "s", seconds: each }))));
        assert.equal(drawn.length, times.length);
        for (const { x, width } of drawn) {
          assert.ok(x >= 0 && width >= 0.8 && x + width <= 100.02, `${x} ${width}`);
        }
      }),
    );
  });

  it("tells the whole time to those who cannot see it", () => {
    const svg = timelineSvg([{ name: "a", seconds: 250 }]);
    assert.match(svg, /role="img" aria-label="Time of each stage, 4 min 10 s in all"/);
  });
});

describe("texts for people", () => {
  it("show bytes in the unit that fits", () => {
    assert.deepEqual(
      [0, 999, 1000, 999_499, 999_500, 260_891_648, 999_949_999, 999_950_000, 42.95e9].map(
        formatBytes,
      ),
      ["0 B", "999 B", "1 kB", "999 kB", "1 MB", "261 MB", "1000 MB", "1.0 GB", "43.0 GB"],
    );
  });

  it("show seconds as a clock would, rounded before they are parted", () => {
    assert.deepEqual([0, 0.44, 9.94, 9.95, 59.4, 59.6, 245, 3600].map(formatSeconds), [
      "0.0 s",
      "0.4 s",
      "9.9 s",
      "10 s",
      "59 s",
      "1 min 00 s",
      "4 min 05 s",
      "60 min 00 s",
    ]);
  });
});
