import { randomBytes, randomUUID } from "node:crypto";
import type { PropertyTable } from "../lib/propertyTable";
import type { ResourceType } from "../lib/standIn";
import { secretValue } from "../lib/wireValues";
import { uuid7 } from "./generators";

const keepers = { keepers: { kind: "map of strings" } } as const satisfies PropertyTable;

const atLeastOne = (property: string, value: unknown): { property: string; reason: string }[] =>
  typeof value === "number" && value < 1
    ? [{ property, reason: `is ${String(value)}; it must be at least 1` }]
    : [];

const randomId: ResourceType = {
  inputs: {
    ...keepers,
    byteLength: { kind: "number", required: true },
    prefix: { kind: "string" },
  },
  check: ({ byteLength }) => atLeastOne("byteLength", byteLength),
  create: (inputs) => {
    const bytes = randomBytes(inputs["byteLength"] as number);
    const prefix = (inputs["prefix"] as string | undefined) ?? "";
    const hex = bytes.toString("hex");
    const id = bytes.toString("base64url");
    const outputs = {
      b64Std: prefix + bytes.toString("base64"),
      b64Url: prefix + id,
      dec: prefix + BigInt(`0x${hex}`).toString(),
      hex: prefix + hex,
    };
    return Promise.resolve({ id, outputs });
  },
};

const bytesType: ResourceType = {
  inputs: { ...keepers, length: { kind: "number", required: true } },
  check: ({ length }) => atLeastOne("length", length),
  create: (inputs) => {
    const bytes = randomBytes(inputs["length"] as number);
    const outputs = {
      base64: secretValue(bytes.toString("base64")),
      hex: secretValue(bytes.toString("hex")),
    };
    return Promise.resolve({ id: "none", outputs });
  },
};

function uuidType(generate: () => string): ResourceType {
  return {
    inputs: keepers,
    create: () => {
      const result = generate();
      return Promise.resolve({ id: result, outputs: { result } });
    },
  };
}

/** RandomId, RandomBytes and the UUIDs: random bits in several spellings. */
export const identifierTypes = {
  "random:index/randomId:RandomId": randomId,
  "random:index/randomBytes:RandomBytes": bytesType,
  "random:index/randomUuid:RandomUuid": uuidType(randomUUID),
  "random:index/randomUuid4:RandomUuid4": uuidType(randomUUID),
  "random:index/randomUuid7:RandomUuid7": uuidType(() => uuid7(Date.now())),
};
