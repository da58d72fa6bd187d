import { deepEqual, equal, rejects } from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

import { ObjectStore } from "../../local/storage/objectStore";
import { temporaryFolder } from "../support/localRun";

function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

/** All files below a folder, with their contents. */
function filesIn(folder: string): Readonly<Record<string, string>> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  const files = names.filter((name) => statSync(join(folder, name)).isFile());
  return Object.fromEntries(files.map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}

describe("ObjectStore", () => {
  const folder = temporaryFolder();
  let number = 0;
  let root: string;
  let store: ObjectStore;

  beforeEach(() => {
    number += 1;
    root = join(folder, String(number));
    store = new ObjectStore(join(root, "s3"));
    writeFiles(join(root, "s3", "bucket"), {
      "data/train/a.csv": "a",
      "data/train/deep/b.csv": "b",
      "data/train-data.csv": "t",
      "data/train.csv": "T",
      "data/Train.csv": "other",
      "predictions/LGBM/x.out": "1",
      "predictions/LGBM2/x.out": "2",
    });
  });

  const namesAt = (uri: string): readonly string[] => store.objectsAt(uri).map(({ name }) => name);

  const cases: readonly (readonly [string, readonly string[]])[] = [
    // A folder's own objects, and no others.
    ["s3://bucket/predictions/LGBM/", ["x.out"]],
    // Whatever begins so. In the order of keys, "-" and "." are before "/".
    ["s3://bucket/data/train", ["train-data.csv", "train.csv", "a.csv", "deep/b.csv"]],
    ["s3://bucket/predictions/LGBM", ["x.out", "LGBM2/x.out"]],
    ["s3://bucket/predictions/LG", ["LGBM/x.out", "LGBM2/x.out"]],
    ["s3://bucket/data/tr", ["train-data.csv", "train.csv", "train/a.csv", "train/deep/b.csv"]],
    // A single object.
    ["s3://bucket/data/train.csv", ["train.csv"]],
    ["s3://bucket/data/train/deep/b.csv", ["b.csv"]],
    // Nothing.
    ["s3://bucket/data/train.csv/", []],
    ["s3://bucket/nothing/at/all", []],
    ["s3://other", []],
  ];
  for (const [uri, names] of cases) {
    it(`finds ${JSON.stringify(names)} at ${uri}`, () => {
      deepEqual(namesAt(uri), names);
    });
  }

  it("finds everything in a bucket", () => {
    deepEqual(namesAt("s3://bucket"), [
      ...["data/Train.csv", "data/train-data.csv", "data/train.csv", "data/train/a.csv"],
      ...["data/train/deep/b.csv", "predictions/LGBM/x.out", "predictions/LGBM2/x.out"],
    ]);
    deepEqual(namesAt("s3://bucket/"), namesAt("s3://bucket"));
  });

  it("gives a job the objects of a prefix under their names", async () => {
    await store.link("s3://bucket/data/train", join(root, "input"));
    deepEqual(filesIn(join(root, "input")), {
      "a.csv": "a",
      "deep/b.csv": "b",
      "train-data.csv": "t",
      "train.csv": "T",
    });
    await rejects(store.link("s3://bucket/data/none", join(root, "input")), {
      message: "there is no object at s3://bucket/data/none",
    });
  });

  it("moves files in like an upload: objects with other keys stay", async () => {
    writeFiles(join(root, "output"), { "x.out": "new", "deep/y.out": "y" });
    writeFiles(root, { elsewhere: "linked" });
    symlinkSync(join(root, "elsewhere"), join(root, "output", "link"));
    writeFiles(join(root, "s3", "bucket"), { "predictions/LGBM/old.out": "old" });
    await store.moveIn(join(root, "output"), "s3://bucket/predictions/LGBM");
    const predictions = {
      "LGBM/deep/y.out": "y",
      "LGBM/link": "linked",
      "LGBM/old.out": "old",
      "LGBM/x.out": "new",
      "LGBM2/x.out": "2",
    };
    deepEqual(filesIn(join(root, "s3", "bucket", "predictions")), predictions);
    equal(readFileSync(join(root, "elsewhere"), "utf8"), "linked");
    equal(existsSync(join(root, "output")), false);
    await store.moveIn((mkdirSync(join(root, "empty")), join(root, "empty")), "s3://bucket/e/");
    equal(existsSync(join(root, "s3", "bucket", "e")), false);
  });

  it("shares only an output's own objects, and changes neither place through the other", async () => {
    await store.share("s3://bucket/predictions/LGBM", "s3://bucket/again/LGBM/");
    await store.share("s3://bucket/data/train.csv", "s3://bucket/again/copy.csv");
    deepEqual(filesIn(join(root, "s3", "bucket", "again")), { "LGBM/x.out": "1", "copy.csv": "T" });
    // What is there already is another's file, perhaps shared itself.
    await store.share("s3://bucket/predictions/LGBM2", "s3://bucket/again/LGBM");
    deepEqual(filesIn(join(root, "s3", "bucket", "again", "LGBM")), { "x.out": "2" });
    equal(store.read("s3://bucket/predictions/LGBM/x.out"), "1");
  });

  it("leaves nothing of an object that could not be written completely", async () => {
    await rejects(
      store.put("s3://bucket/data/train.csv", (path) => {
        writeFileSync(path, "half");
        return Promise.reject(new Error("no more"));
      }),
      /no more/,
    );
    equal(store.read("s3://bucket/data/train.csv"), "T");
    deepEqual(readdirSync(join(root, "s3", ".incoming")), []);
  });
});
