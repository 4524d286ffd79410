import {
  CreateTagsCommand,
  DeleteTagsCommand,
  type EC2Client,
  type ResourceType as Ec2ResourceType,
  type TagSpecification,
} from "@aws-sdk/client-ec2";
import { isObject, type Properties } from "../lib/wireValues";

type TagList = { Key: string; Value: string }[];

/** The tags of an input property, as AWS's lists have them. */
export function tagList(tags: unknown): TagList {
  return Object.entries(tagMap(tags)).map(([Key, Value]) => ({ Key, Value }));
}

/** Tags of a list, as a map. */
export function tagsOf(
  list: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] = [],
): Record<string, string> {
  return Object.fromEntries(list.map(({ Key = "", Value = "" }) => [Key, Value]));
}

function tagMap(tags: unknown): Record<string, string> {
  return isObject(tags) ? (tags as Record<string, string>) : {};
}

/** Tags given at creation; none when there are none, which AWS refuses as an empty list. */
export function tagSpecification(
  type: Ec2ResourceType,
  tags: unknown,
): { TagSpecifications?: TagSpecification[] } {
  const list = tagList(tags);
  return list.length === 0 ? {} : { TagSpecifications: [{ ResourceType: type, Tags: list }] };
}

/** Brings the tags of something in EC2 from one state to another. */
export async function updateTags(
  ec2: EC2Client,
  id: string,
  before: unknown,
  after: unknown,
): Promise<void> {
  const wanted = tagMap(after);
  const gone = Object.keys(tagMap(before)).filter((key) => !(key in wanted));
  if (gone.length > 0) {
    const Tags = gone.map((Key) => ({ Key }));
    await ec2.send(new DeleteTagsCommand({ Resources: [id], Tags }));
  }
  if (Object.keys(wanted).length > 0) {
    await ec2.send(new CreateTagsCommand({ Resources: [id], Tags: tagList(wanted) }));
  }
}

/** The outputs that tags give. */
export function tagOutputs(inputs: Properties): Properties {
  return { tagsAll: tagMap(inputs["tags"]) };
}

/** The output that a look at the real tags gives; an empty map stays as absent as it was given. */
export function readTags(list: Parameters<typeof tagsOf>[0]): Properties {
  const tags = tagsOf(list);
  return Object.keys(tags).length === 0 ? { tagsAll: {} } : { tags, tagsAll: tags };
}
