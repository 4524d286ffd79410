import type { PublishPlace } from "../../settings/publishPlace";
import { BucketStore } from "./bucketStore";
import { FolderStore } from "./folderStore";
import type { RegistryStore } from "./registryStore";

/**
 * The store that an environment names: PUBLISH_BUCKET, PUBLISH_PREFIX (may be empty) and AWS_REGION, or
 * PUBLISH_DIR and, where a web server shows that folder, PUBLISH_URL.
 */
export function openStore(variables: Readonly<Record<string, string | undefined>>): RegistryStore {
  const { PUBLISH_BUCKET, PUBLISH_PREFIX, AWS_REGION, PUBLISH_DIR, PUBLISH_URL } = variables;
  return PUBLISH_BUCKET
    ? new BucketStore({
        bucket: PUBLISH_BUCKET,
        prefix: PUBLISH_PREFIX ?? "",
        region: AWS_REGION ?? "",
      })
    : new FolderStore(PUBLISH_DIR ?? "", PUBLISH_URL || undefined);
}

/** The store at a place of a plan. */
export function openPlace(place: PublishPlace): RegistryStore {
  return "bucket" in place ? new BucketStore(place) : new FolderStore(place.directory);
}
