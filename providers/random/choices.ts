import type { PropertyTable } from "../lib/propertyTable";
import type { ResourceType } from "../lib/standIn";
import { picker, shuffled, type Pick } from "./generators";

const keepers = { keepers: { kind: "map of strings" } } as const satisfies PropertyTable;

const ADVERBS = ["barely", "clearly", "deeply", "early", "fairly", "gladly", "hardly", "mildly"];
const ADJECTIVES = ["amber", "brave", "calm", "eager", "gentle", "keen", "quick", "wise"];
const ANIMALS = ["badger", "crane", "dingo", "falcon", "lynx", "otter", "raven", "walrus"];

function petWords(count: number, pick: Pick): string[] {
  const lists = Array.from({ length: count }, (_, index) => {
    const fromEnd = count - 1 - index;
    return fromEnd === 0 ? ANIMALS : fromEnd === 1 ? ADJECTIVES : ADVERBS;
  });
  return lists.map((words) => words[pick(words.length)] ?? "");
}

const randomPet: ResourceType = {
  inputs: {
    ...keepers,
    length: { kind: "number", default: 2 },
    prefix: { kind: "string" },
    separator: { kind: "string", default: "-" },
  },
  create: (inputs) => {
    const { length, prefix, separator } = inputs as {
      length: number;
      prefix?: string;
      separator: string;
    };
    const words = petWords(length, picker());
    const id = [...(prefix ? [prefix] : []), ...words].join(separator);
    return Promise.resolve({ id, outputs: {} });
  },
};

const randomInteger: ResourceType = {
  inputs: {
    ...keepers,
    max: { kind: "number", required: true },
    min: { kind: "number", required: true },
    seed: { kind: "string" },
  },
  check: ({ min, max }) =>
    typeof min === "number" && typeof max === "number" && !(max >= min && max - min < 2 ** 48)
      ? [{ property: "max", reason: `is ${String(max)}; it must be ${String(min)} to 2^48 above` }]
      : [],
  create: (inputs) => {
    const { min, max, seed } = inputs as { min: number; max: number; seed?: string };
    const result = min + picker(seed)(max - min + 1);
    return Promise.resolve({ id: String(result), outputs: { result } });
  },
};

const randomShuffle: ResourceType = {
  inputs: {
    ...keepers,
    inputs: { kind: "list of strings", required: true },
    resultCount: { kind: "number" },
    seed: { kind: "string" },
  },
  create: (properties) => {
    const { inputs, resultCount, seed } = properties as {
      inputs: readonly string[];
      resultCount?: number;
      seed?: string;
    };
    const pick = picker(seed);
    const wanted = resultCount ?? inputs.length;
    const results: string[] = [];
    while (results.length < wanted && inputs.length > 0) {
      results.push(...shuffled(inputs, pick));
    }
    return Promise.resolve({ id: "-", outputs: { results: results.slice(0, wanted) } });
  },
};

/** RandomPet, RandomInteger and RandomShuffle: choices from a set. */
export const choiceTypes = {
  "random:index/randomPet:RandomPet": randomPet,
  "random:index/randomInteger:RandomInteger": randomInteger,
  "random:index/randomShuffle:RandomShuffle": randomShuffle,
};
