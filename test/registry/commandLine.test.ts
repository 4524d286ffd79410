import assert from "node:assert/strict";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { stringify } from "yaml";

import { FolderStore } from "../../ops/publish/folderStore";
import { publish } from "../../ops/publish/publish";
import { registryCommand } from "../../ops/registry";
import { openRegistry, stackRegistry } from "../../ops/registry/place";
import { parseRegistryFlags, type RegistryFlags } from "../../ops/registry/registryFlags";
import { ProjectCopy } from "../support/projectCopy";
import { smallBox } from "./smallBox";

const name = "acme/demo";

describe("npm run registry", function () {
  this.timeout(60_000);

  it("works as a command on the place that the settings of a stack name, and ends with 1 for a mistake", async () => {
    const project = new ProjectCopy();
    try {
      const store = new FolderStore(project.path("boxes"), "https://boxes.example.org");
      for (const version of ["1.0.0", "1.1.0"]) {
        await publish(store, await smallBox(project.directory, name, version));
      }
      const settings = { "ami2box:publish": { directory: "boxes" }, "ami2box:box": { name } };
      fs.writeFileSync(project.path("Pulumi.demo.yaml"), stringify({ config: settings }));
      const good = await project.run("registry", ["rollback", "1.0.0", "--stack", "demo"]);
      assert.equal(good.status, 0, good.stderr);
      assert.match(good.stdout, /withdrawn: 1\.1\.0\n.*current: 1\.0\.0, until now 1\.1\.0\n$/);
      const bad = await project.run("registry", ["restore", "1.0.0", "--stack", "demo"]);
      assert.equal(bad.status, 1);
      assert.equal(
        bad.stderr,
        "restore: 1.0.0 of acme/demo is not withdrawn; withdrawn are: 1.1.0\n",
      );
    } finally {
      project.remove();
    }
  });

  it("keeps the address that boxes were published with, without being told it", async () => {
    const folder = fs.mkdtempSync(path.join(tmpdir(), "ami2box-registry-"));
    try {
      const store = new FolderStore(folder, "https://boxes.example.org/vagrant");
      await publish(store, await smallBox(folder, name, "1.0.0"));
      await publish(store, await smallBox(folder, name, "1.1.0"));
      await registryCommand(["yank", "1.1.0", "--directory", folder, "--box", name]);
      const page = fs.readFileSync(path.join(folder, name, "index.html"), "utf8");
      assert.match(page, /vagrant box add https:\/\/boxes\.example\.org\/vagrant\/acme\/demo\/cat/);
      assert.ok(!page.includes("file://"));
      const shorthand = path.join(folder, "api/v2/vagrant", name);
      assert.equal(
        fs.readFileSync(shorthand, "utf8"),
        fs.readFileSync(path.join(folder, name, "catalog.json"), "utf8"),
      );
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });

  it("takes place, box and retention from the settings of a stack", async () => {
    const folder = fs.mkdtempSync(path.join(tmpdir(), "ami2box-registry-"));
    const open = (config: object): ReturnType<typeof openRegistry> => {
      fs.writeFileSync(path.join(folder, "Pulumi.demo.yaml"), stringify({ config }));
      const flags = parseRegistryFlags(["list", "--stack", "demo"]) as RegistryFlags;
      return openRegistry(flags, folder, {});
    };
    try {
      const local = await open({ "ami2box:publish": { keep: 3 } });
      assert.equal(local.store.place, path.join(folder, "out"));
      assert.deepEqual([local.box, local.keep], ["debian-bookworm", 3]);
      const publish = { bucket: "my-boxes", url: "https://boxes.example.org/" };
      const bucket = await open({ "ami2box:publish": publish, "aws:region": "eu-west-1" });
      assert.equal(bucket.store.place, "s3://my-boxes/boxes/");
      assert.equal(bucket.store.url("a/b"), "https://boxes.example.org/a/b");
      const boxes = [{ source: { suite: "trixie" } }, { box: { name } }];
      fs.writeFileSync(
        path.join(folder, "Pulumi.many.yaml"),
        stringify({ config: { "ami2box:boxes": boxes, "ami2box:source": { type: "debian" } } }),
      );
      assert.deepEqual(stackRegistry("many", folder, {})?.boxes, ["debian-trixie", name]);
      await assert.rejects(open({ "ami2box:publish": publish }), /aws:region: is missing/);
      await assert.rejects(
        open({
          "ami2box:target": "ssh",
          "ami2box:publish": { directory: "/srv/boxes" },
          "ami2box:worker": { host: "example.org" },
        }),
        /names? no place of boxes that can be reached from here; .* run this on the worker with --directory/,
      );
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });

  it("tells everything wrong in a command line at once", () => {
    const refused = (args: string[], ...reasons: RegExp[]): void => {
      for (const reason of reasons) assert.throws(() => parseRegistryFlags(args), reason);
    };
    refused([], /"" is no action; allowed: list, yank, restore, rollback, pin, unpin, prune/);
    refused(
      ["yank", "--directory", "a", "--bucket", "b", "--box", "A/B/C"],
      /3 problems/,
      /yank: lacks a version/,
      /--directory and --bucket were given; give one place/,
      /--box: "A\/B\/C" is no box name/,
    );
    refused(["yank", "latest", "x"], /"latest" is no version/, /"x" is one word too many/);
    refused(["prune", "--keep", "0"], /--keep: "0" is not allowed; give how many versions stay/);
    refused(["list", "--yes"], /--keep and --yes go with prune/);
    refused(["pin", "1.0.0", "--directory", "out"], /--box: is missing; list names the boxes/);
    assert.equal(parseRegistryFlags(["--help"]), "help");
  });
});
