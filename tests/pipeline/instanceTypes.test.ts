import { deepEqual } from "node:assert/strict";

import { hasLocalStorage } from "../../pipeline/instanceTypes";

describe("the table of instance types", () => {
  it("recognises instance types with local disks", () => {
    const withDisks =
      "m5d.large c5d.xlarge r5d.2xlarge m6gd.large g4dn.xlarge g5.xlarge g6e.xlarge p4d.24xlarge p5.48xlarge " +
      "p6e-gb200.36xlarge trn1.2xlarge dl1.24xlarge r7gd.medium";
    const without =
      "t2.medium m5.large m5.24xlarge c5.xlarge c6i.large c6gn.large m7i.large c7g.large p3.2xlarge inf1.xlarge " +
      "inf2.xlarge r8g.large";
    deepEqual(
      withDisks.split(" ").filter((type) => !hasLocalStorage(`ml.${type}`)),
      [],
    );
    deepEqual(
      without.split(" ").filter((type) => hasLocalStorage(`ml.${type}`)),
      [],
    );
  });
});
