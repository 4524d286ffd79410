import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { CreateBucketCommand, GetObjectCommand, S3Client } from "@aws-sdk/client-s3";

import { BucketStore } from "../../ops/publish/bucketStore";
import { FolderStore } from "../../ops/publish/folderStore";
import type { RegistryStore } from "../../ops/publish/registryStore";
import { MotoServer } from "../support/moto";

/** A registry of a test. */
export interface TestRegistry {
  /** Private folder of the test. */
  readonly folder: string;
  /** Opens the store, as another process would. */
  readonly open: () => RegistryStore;
  /** What is stored under a key. */
  readonly read: (key: string) => Promise<string>;
  /** The flags that name the place to a command. */
  readonly flags: readonly string[];
  /** The variables that name the place to the stage that publishes. */
  readonly variables: Readonly<Record<string, string>>;
  readonly stop: () => Promise<void>;
}

/** A folder read through `file://`. */
function inFolder(): Promise<TestRegistry> {
  const folder = privateFolder();
  const root = path.join(folder, "out");
  return Promise.resolve({
    folder,
    open: () => new FolderStore(root),
    read: (key) => fs.promises.readFile(path.join(root, key), "utf8"),
    flags: ["--directory", root],
    variables: { PUBLISH_DIR: root },
    stop: () => fs.promises.rm(folder, { recursive: true }),
  });
}

/** A bucket of moto's S3; this process's AWS variables are moto's until it is stopped. */
async function inBucket(): Promise<TestRegistry> {
  const folder = privateFolder();
  const moto = await MotoServer.start();
  const before = { ...process.env };
  Object.assign(process.env, moto.variables);
  const place = { bucket: "boxes", prefix: "vagrant", region: "eu-west-1" };
  const client = new S3Client(moto.clientSettings);
  await client.send(
    new CreateBucketCommand({
      Bucket: place.bucket,
      CreateBucketConfiguration: { LocationConstraint: "eu-west-1" },
    }),
  );
  return {
    folder,
    open: () => new BucketStore(place),
    read: async (key) => {
      const get = new GetObjectCommand({ Bucket: place.bucket, Key: `${place.prefix}/${key}` });
      return (await (await client.send(get)).Body?.transformToString("utf8")) ?? "";
    },
    flags: ["--bucket", place.bucket, "--prefix", place.prefix, "--region", place.region],
    variables: {
      PUBLISH_BUCKET: place.bucket,
      PUBLISH_PREFIX: place.prefix,
      AWS_REGION: place.region,
    },
    stop: async () => {
      for (const name of Object.keys(moto.variables)) {
        if (before[name] === undefined) delete process.env[name];
        else process.env[name] = before[name];
      }
      await moto.stop();
      fs.rmSync(folder, { recursive: true });
    },
  };
}

function privateFolder(): string {
  return fs.mkdtempSync(path.join(tmpdir(), "ami2box-registry-"));
}

/** Each kind of place, to run the same tests in. */
export const registries = [
  ["a folder", inFolder],
  ["a bucket of S3", inBucket],
] as const;
