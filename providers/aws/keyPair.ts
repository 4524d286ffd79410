import {
  DeleteKeyPairCommand,
  DescribeKeyPairsCommand,
  ImportKeyPairCommand,
} from "@aws-sdk/client-ec2";
import type { ResourceType } from "../lib/standIn";
import type { Clients } from "./clients";
import { forgivingAbsence, isNotFound, whileDoing } from "./errors";
import { readTags, tagOutputs, tagSpecification, updateTags } from "./tags";

/** `aws.ec2.KeyPair`: a public key that EC2 gives to instances. */
export function keyPair(clients: Clients): ResourceType {
  return {
    inputs: {
      keyName: { kind: "string", required: true, replaces: true },
      publicKey: { kind: "string", required: true, replaces: true },
      tags: { kind: "map of strings" },
    },
    create: async (inputs) => {
      const keyName = inputs["keyName"] as string;
      const made = await clients.ec2
        .send(
          new ImportKeyPairCommand({
            KeyName: keyName,
            PublicKeyMaterial: Buffer.from(inputs["publicKey"] as string),
            ...tagSpecification("key-pair", inputs["tags"]),
          }),
        )
        .catch((error: unknown) => {
          throw whileDoing(`importing EC2 Key Pair (${keyName})`, error);
        });
      return {
        id: keyName,
        outputs: {
          keyPairId: made.KeyPairId,
          fingerprint: made.KeyFingerprint,
          ...tagOutputs(inputs),
        },
      };
    },
    read: async (_state, { id }) => {
      try {
        const { KeyPairs } = await clients.ec2.send(
          new DescribeKeyPairsCommand({ KeyNames: [id] }),
        );
        return readTags(KeyPairs?.[0]?.Tags);
      } catch (error) {
        if (isNotFound(error)) return "gone";
        throw error;
      }
    },
    update: async (state, inputs) => {
      await updateTags(clients.ec2, state["keyPairId"] as string, state["tags"], inputs["tags"]);
      return {
        keyPairId: state["keyPairId"],
        fingerprint: state["fingerprint"],
        ...tagOutputs(inputs),
      };
    },
    delete: (_state, { id }) =>
      forgivingAbsence(() => clients.ec2.send(new DeleteKeyPairCommand({ KeyName: id }))),
  };
}
