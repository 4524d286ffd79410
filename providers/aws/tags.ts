import {
  CreateTagsCommand,
  DeleteTagsCommand,
  type EC2Client,
  type ResourceType as Ec2ResourceType,
  type TagSpecification,
} from "@aws-sdk/client-ec2";
import { isObject, sameValue, type Properties } from "../lib/wireValues";

type TagList = { Key: string; Value: string }[];

type AwsTags = readonly {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}[];

function tagMap(tags: unknown): Record<string, string> {
  return isObject(tags) ? (tags as Record<string, string>) : {};
}

/** The tags of an input property, as AWS's lists have them. */
export function tagList(tags: unknown): TagList {
  return Object.entries(tagMap(tags)).map(([Key, Value]) => ({ Key, Value }));
}

/** Tags of a list, as a map, without those of AWS itself. */
export function tagsOf(list: AwsTags = []): Record<string, string> {
  const ours = list.filter(({ Key = "" }) => !Key.startsWith("aws:"));
  return Object.fromEntries(ours.map(({ Key = "", Value = "" }) => [Key, Value]));
}

/** Tags given at creation; none when there are none, which AWS refuses as an empty list. */
export function tagSpecification(
  type: Ec2ResourceType,
  tags: unknown,
): { TagSpecifications?: TagSpecification[] } {
  const list = tagList(tags);
  return list.length === 0 ? {} : { TagSpecifications: [{ ResourceType: type, Tags: list }] };
}

/** Brings tags from one state to another, whatever the service; asks it nothing if nothing differs. */
export async function changeTags(
  before: unknown,
  after: unknown,
  remove: (keys: string[]) => Promise<unknown>,
  put: (tags: TagList) => Promise<unknown>,
): Promise<void> {
  const wanted = tagMap(after);
  if (sameValue(tagMap(before), wanted)) return;
  const gone = Object.keys(tagMap(before)).filter((key) => !(key in wanted));
  if (gone.length > 0) await remove(gone);
  if (Object.keys(wanted).length > 0) await put(tagList(wanted));
}

/** Brings the tags of something in EC2 from one state to another. */
export function updateTags(
  ec2: EC2Client,
  id: string,
  before: unknown,
  after: unknown,
): Promise<void> {
  const Resources = [id];
  return changeTags(
    before,
    after,
    (keys) => ec2.send(new DeleteTagsCommand({ Resources, Tags: keys.map((Key) => ({ Key })) })),
    (Tags) => ec2.send(new CreateTagsCommand({ Resources, Tags })),
  );
}

/** The outputs that tags give. */
export function tagOutputs(inputs: Properties): Properties {
  return { tagsAll: tagMap(inputs["tags"]) };
}

/** What a look at the real tags finds; no tags are as absent as if they had not been given. */
export function readTags(list: AwsTags | undefined): Properties {
  const tags = tagsOf(list);
  return { tags: Object.keys(tags).length === 0 ? undefined : tags, tagsAll: tags };
}
