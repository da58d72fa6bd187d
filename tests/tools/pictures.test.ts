import { equal } from "node:assert/strict";
import { readFileSync } from "node:fs";

import { pipelinePicture } from "../../tools/pictures";

describe("docs/pictures/pipeline.svg", () => {
  it("is what `npm run docs:pictures` draws for the default definition", async () => {
    equal(readFileSync("docs/pictures/pipeline.svg", "utf8"), await pipelinePicture());
  });
});
