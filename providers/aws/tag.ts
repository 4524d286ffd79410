import { CreateTagsCommand, DeleteTagsCommand, DescribeTagsCommand } from "@aws-sdk/client-ec2";
import type { ResourceType } from "../lib/standIn";
import type { Clients } from "./clients";
import { forgivingAbsence, whileDoing } from "./errors";

/** `aws.ec2.Tag`: one tag of something made elsewhere. */
export function tag(clients: Clients): ResourceType {
  const put = (resource: unknown, key: unknown, value: unknown): Promise<unknown> =>
    clients.ec2
      .send(
        new CreateTagsCommand({
          Resources: [resource as string],
          Tags: [{ Key: key as string, Value: value as string }],
        }),
      )
      .catch((error: unknown) => {
        throw whileDoing(
          `creating EC2 Tag (${String(key)}) for resource (${String(resource)})`,
          error,
        );
      });
  return {
    inputs: {
      resourceId: { kind: "string", required: true, replaces: true },
      key: { kind: "string", required: true, replaces: true },
      value: { kind: "string", required: true },
    },
    create: async ({ resourceId, key, value }) => {
      await put(resourceId, key, value);
      return { id: `${String(resourceId)},${String(key)}`, outputs: {} };
    },
    read: async ({ resourceId, key }) => {
      const { Tags = [] } = await clients.ec2.send(
        new DescribeTagsCommand({
          Filters: [
            { Name: "resource-id", Values: [resourceId as string] },
            { Name: "key", Values: [key as string] },
          ],
        }),
      );
      return Tags[0] === undefined ? "gone" : { value: Tags[0].Value };
    },
    update: async (_state, { resourceId, key, value }) => {
      await put(resourceId, key, value);
      return {};
    },
    delete: ({ resourceId, key }) =>
      forgivingAbsence(() =>
        clients.ec2.send(
          new DeleteTagsCommand({
            Resources: [resourceId as string],
            Tags: [{ Key: key as string }],
          }),
        ),
      ),
  };
}
