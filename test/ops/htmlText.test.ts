import assert from "node:assert/strict";

import { formatBytes, formatSeconds } from "../../ops/report/htmlText";

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
