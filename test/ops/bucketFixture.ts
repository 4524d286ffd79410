import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
} from "@aws-sdk/client-s3";

import { BucketStore } from "../../ops/publish/bucketStore";
import { publish, type Published } from "../../ops/publish/publish";
import { MotoServer } from "../support/moto";
import { finishedBox } from "./publishFixture";
import { S3Gate } from "./s3Gate";

export const bucket = "boxes-of-acme";
export const region = "eu-central-1";
/** Where the fixture's box goes below the bucket. */
export const root = "team/boxes/acme/demo";

export interface CatalogFile {
  versions: { version: string; providers: { url: string; checksum: string; name: string }[] }[];
}

/** moto's S3 behind a gate, with one empty bucket, and a folder for boxes. */
export class BucketFixture {
  /** Private folder of a test. */
  public folder = "";
  private readonly outer = { ...process.env };

  private constructor(
    private readonly moto: MotoServer,
    public readonly gate: S3Gate,
    /** A client that passes the gate by and may do anything. */
    public readonly client: S3Client,
  ) {}

  static async start(): Promise<BucketFixture> {
    const moto = await MotoServer.start();
    const gate = await S3Gate.start(moto.url);
    Object.assign(process.env, moto.variables, { AWS_ENDPOINT_URL: gate.endpoint });
    return new BucketFixture(moto, gate, new S3Client({ ...moto.clientSettings, region }));
  }

  async stop(): Promise<void> {
    for (const name of Object.keys(this.moto.variables)) {
      if (this.outer[name] === undefined) delete process.env[name];
      else process.env[name] = this.outer[name];
    }
    await this.gate.stop();
    await this.moto.stop();
  }

  /** Begins a test: everything is empty. */
  async begin(): Promise<void> {
    await this.moto.reset();
    this.gate.set({});
    this.folder = fs.mkdtempSync(path.join(tmpdir(), "ami2box-bucket-"));
    await this.client.send(
      new CreateBucketCommand({
        Bucket: bucket,
        CreateBucketConfiguration: { LocationConstraint: region },
      }),
    );
  }

  end(): void {
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  store(settleLimit = 10_000): BucketStore {
    return new BucketStore({ bucket, prefix: "/team/boxes/", region, settleLimit });
  }

  /** Publishes a finished box as the worker does. */
  put(
    changes: Parameters<typeof finishedBox>[1] = {},
    into = this.store(),
    folder = this.folder,
  ): Promise<Published> {
    return publish(into, finishedBox(folder, changes));
  }

  async keys(): Promise<string[]> {
    const { Contents = [] } = await this.client.send(new ListObjectsV2Command({ Bucket: bucket }));
    return Contents.map(({ Key = "" }) => Key).sort();
  }

  async object(key: string): Promise<{ content: Buffer; type: string | undefined }> {
    const get = new GetObjectCommand({ Bucket: bucket, Key: key });
    const { Body, ContentType } = await this.client.send(get);
    return { content: Buffer.from(await Body!.transformToByteArray()), type: ContentType };
  }

  /** The content of every object, in the order of their keys. */
  async contents(): Promise<string[]> {
    const objects = (await this.keys()).map((key) => this.object(key));
    return (await Promise.all(objects)).map(({ content }) => content.toString("base64"));
  }

  async catalog(): Promise<CatalogFile> {
    return JSON.parse(
      (await this.object(`${root}/catalog.json`)).content.toString(),
    ) as CatalogFile;
  }

  async remove(...files: string[]): Promise<void> {
    for (const file of files) {
      await this.client.send(new DeleteObjectCommand({ Bucket: bucket, Key: `${root}/${file}` }));
    }
  }

  /** Uploads that were begun and neither finished nor given up. */
  async unfinished(): Promise<unknown[]> {
    const list = new ListMultipartUploadsCommand({ Bucket: bucket });
    return (await this.client.send(list)).Uploads ?? [];
  }
}
