import assert from "node:assert/strict";

import { fetchDebianRelease } from "../../settings/debianArchive";
import type { DebianSourceSettings } from "../../settings/schema";
import { localSource } from "../../settings/schema/source";
import { ArchiveServer } from "./archiveServer";
import { problemsOf } from "./problemsOf";

describe("fetchDebianRelease", () => {
  let archive: ArchiveServer;

  beforeEach(async () => {
    archive = new ArchiveServer();
    await archive.start();
    archive.addSuite("bookworm", "Sat, 11 Jul 2026 10:16:37 UTC", "Sat, 21 Nov 2026 00:53:02 UTC");
  });

  afterEach(() => archive.stop());

  function source(suite: string, changes: object = {}): DebianSourceSettings {
    return localSource.parse({
      ...archive.source(suite),
      ...changes,
    }) as DebianSourceSettings;
  }

  it("gives the later date of both parts, and a fingerprint of both", async () => {
    assert.deepEqual(await fetchDebianRelease(source("bookworm")), {
      date: Date.UTC(2026, 10, 21, 0, 53, 2) / 1000,
      fingerprint: "2026-07-11T10:16:37.000Z 2026-11-21T00:53:02.000Z",
    });
  });

  it("changes the fingerprint when only one part changes", async () => {
    const before = await fetchDebianRelease(source("bookworm"));
    archive.addSuite("bookworm", "Sat, 12 Sep 2026 10:16:37 UTC", "Sat, 21 Nov 2026 00:53:02 UTC");
    const after = await fetchDebianRelease(source("bookworm"));
    assert.equal(after.date, before.date);
    assert.notEqual(after.fingerprint, before.fingerprint);
  });

  it("asks once for each part, whether the archive's URL ends in a slash or not", async () => {
    await fetchDebianRelease(source("bookworm", { mirror: `${archive.url}/debian//` }));
    assert.deepEqual(archive.requests.sort(), [
      "/debian/dists/bookworm/Release",
      "/security/dists/bookworm-security/Release",
    ]);
  });

  it("refuses a suite the archives do not have, telling what each was asked", async () => {
    assert.deepEqual(await problemsOf(fetchDebianRelease(source("bookwurm"))), [
      `source.suite: the archive at ${archive.url}/debian has no suite bookwurm; allowed: a suite it has, such as bookworm or trixie`,
      `source.suite: the archive at ${archive.url}/security has no suite bookwurm-security; allowed: a suite it has, such as bookworm or trixie`,
    ]);
  });

  it("refuses an archive that does not answer, naming the setting", async () => {
    const closed = new ArchiveServer();
    await closed.start();
    const url = closed.url;
    await closed.stop();
    assert.deepEqual(
      await problemsOf(fetchDebianRelease(source("bookworm", { securityMirror: url }))),
      [
        `source.securityMirror: ${url}/dists/bookworm-security/Release cannot be reached; check the network or the mirror`,
      ],
    );
  });

  const noArchives: [string, number | string, number][] = [
    ["a server's error", 503, 503],
    ["a page for people", "<html>It works!</html>", 200],
    ["a date that is none", "Suite: stable\nDate: yesterday\n", 200],
  ];
  for (const [what, answer, status] of noArchives) {
    it(`refuses ${what} where the Release file should be`, async () => {
      archive.answers.set("/debian/dists/bookworm/Release", answer);
      assert.deepEqual(await problemsOf(fetchDebianRelease(source("bookworm"))), [
        `source.mirror: ${archive.url}/debian/dists/bookworm/Release answered ${status} and no Release file; give the root of a Debian archive`,
      ]);
    });
  }
});
