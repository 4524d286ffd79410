import type { PublishPlace } from "../../settings/publishPlace";
import { BucketStore } from "./bucketStore";
import { FolderStore } from "./folderStore";
import type { RegistryStore } from "./registryStore";

/**
 * The store that an environment names: PUBLISH_BUCKET, PUBLISH_PREFIX (may be empty) and AWS_REGION, or
 * PUBLISH_DIR; where a web server shows what is there, PUBLISH_URL.
 */
export function openStore(variables: Readonly<Record<string, string | undefined>>): RegistryStore {
  const { PUBLISH_BUCKET, PUBLISH_PREFIX, AWS_REGION, PUBLISH_DIR, PUBLISH_URL } = variables;
  return PUBLISH_BUCKET
    ? new BucketStore(
        { bucket: PUBLISH_BUCKET, prefix: PUBLISH_PREFIX ?? "", region: AWS_REGION ?? "" },
        PUBLISH_URL || undefined,
      )
    : new FolderStore(PUBLISH_DIR ?? "", PUBLISH_URL || undefined);
}

/**
 * The store at a place of a plan.
 *
 * @param profile of the AWS credentials; by default what the environment has
 */
export function openPlace(place: PublishPlace, profile?: string): RegistryStore {
  return "bucket" in place
    ? new BucketStore({ ...place, profile }, place.url)
    : new FolderStore(place.directory, place.url);
}
