import { makeDiskAndBox } from "./test/support/stageChain";
import { diskUse } from "./bench/measure";
void (async () => {
  const a = await makeDiskAndBox("/tmp/wt/bench", "/tmp/benchwork/boot", "/tmp/benchwork/c1");
  const b = await makeDiskAndBox("/tmp/wt/bench", "/tmp/benchwork/boot", "/tmp/benchwork/c/c2", "2031-05-06 07:08:09");
  const used = diskUse("/tmp/benchwork/boot/bootstrap");
  console.log(a, b, used, (a.peakBytes - a.boxBytes) / used);
})();
