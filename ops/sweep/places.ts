import * as fs from "node:fs";
import * as path from "node:path";

import { InputError } from "../../formats/problems";
import { awsPlaceOf, regionProblems, type AwsPlace } from "../../settings/aws/awsPlace";
import { bucketPublish } from "../../settings/schema/publish";
import { readStackFile, settingsOf, type StackFile } from "../stackFile";
import type { UploadPlace } from "./findUploads";
import type { SweepFlags } from "./sweepFlags";

/** A region of an account that is swept. */
export interface SweepPlace extends AwsPlace {
  readonly region: string;
  /** Whether IAM, which is of no region, is looked at with it. */
  readonly withIam: boolean;
  /** Where stacks of that region publish. */
  readonly buckets: readonly UploadPlace[];
}

/** A stack of the project, as its file tells of it. */
interface SettledStack {
  readonly stack: string;
  readonly aws: AwsPlace;
  readonly bucket: UploadPlace | undefined;
}

/**
 * The places to sweep: every region, and every profile of credentials, that the stacks' settings name; with
 * regions asked for, those.
 *
 * @param root folder of the stacks' files
 * @param project name of the Pulumi project
 * @throws InputError when no region can be found, or a stack has no file
 */
export function sweepPlaces(
  root: string,
  project: string,
  { stack, regions }: SweepFlags,
  environment: NodeJS.ProcessEnv,
): SweepPlace[] {
  const stacks = (stack === undefined ? stacksOf(root) : [stackName(stack)]).map((name) =>
    // With a region, what is left of a stack can be found even when its file is gone.
    settledStack(name, regions.length > 0 ? fileIfThere(root, name) : readStackFile(root, name), {
      project,
      environment,
    }),
  );
  const wanted = stacks.flatMap(({ aws }): AwsPlace[] => {
    if (regions.length > 0) return regions.map((region) => ({ ...aws, region }));
    return aws.region === undefined ? [] : [aws];
  });
  if (wanted.length === 0) {
    throw new InputError("sweep", [
      `no region is known: give --region, or set aws:region of ${stack ?? "a stack"}`,
    ]);
  }
  const problems = wanted.flatMap((place) => regionProblems(place));
  if (problems.length > 0) throw new InputError("sweep", [...new Set(problems)]);

  const profiles = new Set<string | undefined>();
  const places = new Map(
    wanted.map((place) => [JSON.stringify([place.profile, place.region]), place]),
  );
  return [...places.values()].map((place) => {
    const withIam = !profiles.has(place.profile);
    profiles.add(place.profile);
    const buckets = stacks.flatMap(({ aws, bucket }) =>
      bucket !== undefined && aws.region === place.region && aws.profile === place.profile
        ? [bucket]
        : [],
    );
    const own = new Map(buckets.map((bucket) => [`${bucket.bucket}/${bucket.prefix}`, bucket]));
    return { ...place, region: place.region!, withIam, buckets: [...own.values()] };
  });
}

/** A stack's own name, without organisation and project: what tags and files have. */
export function stackName(stack: string): string {
  return stack.split("/").at(-1)!;
}

function stacksOf(root: string): string[] {
  return fs
    .readdirSync(root)
    .flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? [])
    .sort();
}

function fileIfThere(root: string, stack: string): StackFile {
  return fs.existsSync(path.join(root, `Pulumi.${stack}.yaml`)) ? readStackFile(root, stack) : {};
}

function settledStack(
  stack: string,
  file: StackFile,
  { project, environment }: { readonly project: string; readonly environment: NodeJS.ProcessEnv },
): SettledStack {
  const publish = bucketPublish.safeParse(settingsOf(file)["publish"]);
  return {
    stack,
    aws: awsPlaceOf(file.config ?? {}, environment),
    bucket: publish.success
      ? { bucket: publish.data.bucket, prefix: publish.data.prefix, project, stack }
      : undefined,
  };
}

/** Name of the Pulumi project: its resources bear it as a tag. */
export function projectName(root: string): string {
  const text = fs.readFileSync(path.join(root, "Pulumi.yaml"), "utf8");
  return /^name:\s*(\S+)/m.exec(text)?.[1] ?? "";
}
