import assert from "node:assert/strict";

import { bootRatio, bootTable } from "../../bench/bootTimes";

describe("times from switching on to SSH", () => {
  const times = { plain: [20, 30, 22], box: [18.7, 19, 40] };

  it("are compared by their medians, which one slow boot does not move", () => {
    assert.equal(bootRatio(times), 0.86);
  });

  it("are told with how far they spread", () => {
    assert.equal(
      bootTable(times),
      "plain image  22.0 s, 3 boots from 20.0 to 30.0 s\n" +
        "box          19.0 s, 3 boots from 18.7 to 40.0 s\n" +
        "ratio        0.86\n",
    );
  });
});
