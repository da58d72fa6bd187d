import { deepEqual } from "node:assert/strict";
import { readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mock } from "node:test";

import { removeOlder } from "../../local/caching/projectCache";
import { temporaryFolder } from "../support/localRun";

describe("a cache of this clone", () => {
  const folder = temporaryFolder();

  it("loses what is a day older than a new file, whatever the process's clock", () => {
    const ages = { new: 0, today: 23, yesterday: 25 };
    for (const [name, hours] of Object.entries(ages)) {
      const time = Date.now() / 1000 - hours * 3600;
      writeFileSync(join(folder, name), "");
      utimesSync(join(folder, name), time, time);
    }
    mock.timers.enable({ apis: ["Date"], now: Date.now() + 1e10 });
    try {
      removeOlder(join(folder, "new"));
    } finally {
      mock.timers.reset();
    }
    deepEqual(readdirSync(folder).sort(), ["new", "today"]);
  });
});
