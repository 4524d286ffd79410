import assert from "node:assert/strict";
import {
  RandomBytes,
  RandomId,
  RandomInteger,
  RandomPassword,
  RandomPet,
  RandomShuffle,
  RandomString,
  RandomUuid,
  RandomUuid4,
  RandomUuid7,
} from "@pulumi/random";
import { steps, TestStack, type Ran } from "./testStack";

describe("stand-in for random", function () {
  this.timeout(120_000);
  let stack: TestStack;
  let created: Ran;
  let changed: Ran;
  let refused: Ran;
  let state: ReturnType<TestStack["state"]>;

  const program = (keeper: string, hexLength: number) => (): Promise<Record<string, unknown>> => {
    const keepers = { keeper };
    const id = new RandomId("id", { byteLength: 8, prefix: "p-", keepers });
    const kept = new RandomId("kept", { byteLength: hexLength });
    const password = new RandomPassword("password", { length: 20, minNumeric: 3, keepers });
    const letters = new RandomString("letters", {
      length: 12,
      numeric: false,
      special: false,
      upper: false,
    });
    const digits = new RandomString("digits", {
      length: 8,
      lower: false,
      upper: false,
      special: false,
    });
    const marks = new RandomString("marks", {
      length: 4,
      lower: false,
      upper: false,
      numeric: false,
      overrideSpecial: "_-",
    });
    const seeded = (name: string): RandomShuffle =>
      new RandomShuffle(name, { inputs: ["a", "b", "c", "d"], resultCount: 6, seed: "s" });
    const bytes = new RandomBytes("bytes", { length: 3 });
    return Promise.resolve({
      ...{ idId: id.id, b64Std: id.b64Std, b64Url: id.b64Url, dec: id.dec, hex: id.hex },
      kept: kept.hex,
      password: password.result,
      letters: letters.result,
      digits: digits.result,
      marks: marks.result,
      bytes: bytes.hex,
      uuids: [
        new RandomUuid("uuid").result,
        new RandomUuid4("uuid4").result,
        new RandomUuid7("uuid7").result,
      ],
      integer: new RandomInteger("integer", { min: -1, max: 1, keepers }).result,
      pet: new RandomPet("pet", { length: 3, prefix: "my", separator: "_" }).id,
      shuffled: [seeded("one").results, seeded("two").results],
    });
  };
  const value = (name: string, ran = created): unknown => ran.outputs[name]?.value;
  const text = (name: string): string => value(name) as string;

  before(async () => {
    stack = await TestStack.make("random");
    created = await stack.up(program("a", 8));
    state = stack.state();
    changed = await stack.up(program("b", 9));
    refused = await stack.up(() =>
      Promise.resolve(void new RandomString("tooShort", { length: 3, minLower: 4 })),
    );
  });
  after(() => {
    stack.remove();
  });

  it("spells one RandomId five ways, all but the id with the prefix", () => {
    const bytes = Buffer.from(text("idId"), "base64url");
    assert.equal(created.failure, "");
    assert.equal(bytes.length, 8);
    assert.equal(text("b64Url"), `p-${text("idId")}`);
    assert.equal(text("b64Std"), `p-${bytes.toString("base64")}`);
    assert.equal(text("hex"), `p-${bytes.toString("hex")}`);
    assert.equal(text("dec"), `p-${BigInt(`0x${bytes.toString("hex")}`).toString()}`);
  });

  it("makes a password with the minimum of each class, secret in state and outputs", () => {
    assert.equal(created.outputs["password"]?.secret, true);
    assert.match(text("password"), /^.{20}$/);
    assert.ok(text("password").replace(/\D/g, "").length >= 3);
    const { id, outputs } = state.get("password") ?? {};
    assert.equal(id, "none");
    assert.match(JSON.stringify(outputs?.["result"]), /ciphertext/);
    assert.equal(JSON.stringify(outputs).includes(text("password")), false);
  });

  it("uses only the classes of characters that are allowed", () => {
    assert.match(text("letters"), /^[a-z]{12}$/);
    assert.match(text("digits"), /^\d{8}$/);
    assert.match(text("marks"), /^[_-]{4}$/);
  });

  it("makes secret bytes, UUIDs of their versions, numbers in range and pet names", () => {
    assert.equal(created.outputs["bytes"]?.secret, true);
    assert.match(text("bytes"), /^[0-9a-f]{6}$/);
    const [any, four, seven] = value("uuids") as [string, string, string];
    const uuid = (version: string): RegExp =>
      new RegExp(`^[0-9a-f]{8}-[0-9a-f]{4}-${version}[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`);
    assert.match(any, uuid("4"));
    assert.match(four, uuid("4"));
    assert.match(seven, uuid("7"));
    assert.ok([-1, 0, 1].includes(value("integer") as number));
    assert.match(text("pet"), /^my_[a-z]+_[a-z]+_[a-z]+$/);
  });

  it("shuffles the same way for the same seed, going round until there are enough", () => {
    const [one, two] = value("shuffled") as [string[], string[]];
    assert.deepEqual(one, two);
    assert.deepEqual(one.slice(0, 4).sort(), ["a", "b", "c", "d"]);
    assert.equal(one.length, 6);
  });

  it("keeps its values while the inputs stay, and replaces when keepers or any other input change", () => {
    const replaced = ["create-replacement", "replace", "delete-replaced"];
    assert.equal(changed.failure, "");
    assert.deepEqual(steps(changed, "letters"), ["same"]);
    assert.equal(value("letters", changed), value("letters"));
    assert.deepEqual(steps(changed, "id"), replaced);
    assert.notEqual(value("hex", changed), value("hex"));
    assert.deepEqual(steps(changed, "kept"), replaced);
    assert.equal((value("kept", changed) as string).length, 18);
  });

  it("refuses impossible inputs before it makes anything", () => {
    assert.match(
      refused.failure,
      /length value .* is 3; it must be at least 1 and at least .* minimums, 4/,
    );
  });
});
