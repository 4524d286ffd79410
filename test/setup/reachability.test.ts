import assert from "node:assert/strict";
import { existsSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { officialDownloadsAnswer, type Fetch } from "../../ops/setup/reachability";
import { inTemporaryFolder } from "./support";

const answers: Fetch = () => Promise.resolve({});
const refuses: Fetch = () => Promise.reject(new Error("ENOTFOUND"));
const mustNotAsk: Fetch = () => assert.fail("asked again");

describe("probe of the official downloads", () => {
  it("counts any answer, asked for without a body and with a time limit", async () => {
    await inTemporaryFolder(async (folder) => {
      const fetchUrl: Fetch = (url, init) => {
        assert.equal(url, "https://get.pulumi.com/");
        assert.equal(init.method, "HEAD");
        assert.ok(init.signal instanceof AbortSignal);
        return answers(url, init);
      };
      assert.equal(await officialDownloadsAnswer(join(folder, "refused"), fetchUrl), true);
    });
  });

  it("believes a refusal for a day, then asks again", async () => {
    await inTemporaryFolder(async (folder) => {
      const refused = join(folder, "deep/refused");
      assert.equal(await officialDownloadsAnswer(refused, refuses), false);
      assert.equal(await officialDownloadsAnswer(refused, mustNotAsk), false);
      const yesterday = Date.now() / 1000 - 25 * 3600;
      utimesSync(refused, yesterday, yesterday);
      assert.equal(await officialDownloadsAnswer(refused, answers), true);
      assert.equal(existsSync(refused), false);
    });
  });
});
