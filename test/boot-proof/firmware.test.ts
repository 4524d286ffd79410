import assert from "node:assert/strict";
import { endRun, newRun, type Run, runParts, writeBox } from "./harness";

describe("boot proof: the firmware of its clones", () => {
  let run: Run;

  beforeEach(() => {
    run = newRun();
  });
  afterEach(() => {
    endRun(run);
  });

  const efi = '<vbox:Machine><Hardware><Firmware type="EFI"/></Hardware></vbox:Machine>';
  const cases: [title: string, ovf: string, wanted: string, clones: string][] = [
    ["is what the box asks for, when nothing else is said", efi, "", "efi efi"],
    ["is the BIOS for a box that names none", "", "", "bios bios"],
    ["is both in turn for a box for either", "", "both", "bios efi"],
    ["is the BIOS as well for a box for EFI", efi, "efi", "efi bios"],
    ["is the BIOS alone for a box for the BIOS", "", "bios", "bios bios"],
  ];
  for (const [title, ovf, wanted, clones] of cases) {
    it(title, () => {
      run.env["FIRMWARE"] = wanted;
      writeBox(run, { ovf: `<Envelope>${ovf}</Envelope>` });
      const { stdout, lines } = runParts(
        run,
        'check_settings; box_inspect "$BOX"; choose_machine; echo "$FIRMWARE_A $FIRMWARE_B"',
      );
      assert.equal(stdout.trim(), clones, lines.join("\n"));
    });
  }

  it("is refused when the box asks for another", () => {
    run.env["FIRMWARE"] = "efi";
    writeBox(run);
    const { status, lines } = runParts(run, 'check_settings; box_inspect "$BOX"; choose_machine');
    assert.notEqual(status, 0);
    assert.match(lines.join(), /asks for the firmware bios, and is to be for efi/);
  });
});
