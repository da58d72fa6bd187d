import { deepEqual, equal } from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { imageTag, settleFileModes } from "../../components/buildContext";

describe("the build context", () => {
  let context: string;
  const modes = (): readonly string[] =>
    ["Dockerfile", "program/run.py", "program/run.sh", "notes.txt"].map((file) =>
      (statSync(join(context, file)).mode & 0o777).toString(8),
    );

  before(function () {
    if (process.platform === "win32") {
      this.skip();
    }
    context = mkdtempSync(join(tmpdir(), "restate-context-"));
    mkdirSync(join(context, "program"));
    for (const file of ["Dockerfile", "program/run.py", "program/run.sh", "notes.txt"]) {
      writeFileSync(join(context, file), file);
      chmodSync(join(context, file), file.endsWith(".sh") ? 0o700 : 0o600);
    }
    writeFileSync(join(context, ".dockerignore"), "*\n!program\n");
  });
  after(() => {
    rmSync(context, { recursive: true, force: true });
  });

  it("has git's file modes under any umask, and does not touch other files", () => {
    const tag = imageTag(context, {});
    settleFileModes(context);
    deepEqual(modes(), ["644", "644", "755", "600"]);
    equal(imageTag(context, {}), tag);
  });
});
