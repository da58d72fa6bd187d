import { deepEqual } from "node:assert/strict";

import { ecrRepository } from "../../pipeline/ecrRepository";

describe("the repository of an image's URI", () => {
  const forest = { accountId: "222233334444", region: "eu-west-1", name: "team/forest" };
  const cases: readonly (readonly [string, ReturnType<typeof ecrRepository>])[] = [
    ["222233334444.dkr.ecr.eu-west-1.amazonaws.com/team/forest:1.0", forest],
    ["222233334444.dkr.ecr.eu-west-1.amazonaws.com/team/forest", forest],
    [`222233334444.dkr.ecr.eu-west-1.amazonaws.com/team/forest@sha256:${"0".repeat(64)}`, forest],
    ["222233334444.dkr-ecr.eu-west-1.on.aws/team/forest:1.0", forest],
    [
      "222233334444.dkr.ecr-fips.us-gov-west-1.amazonaws.com/forest:1",
      { accountId: "222233334444", region: "us-gov-west-1", name: "forest" },
    ],
    [
      "222233334444.dkr.ecr.cn-north-1.amazonaws.com.cn/forest:1",
      { accountId: "222233334444", region: "cn-north-1", name: "forest" },
    ],
    ["public.ecr.aws/team/forest:1.0", undefined],
    ["docker.io/team/forest:1.0", undefined],
    ["team/222233334444.dkr.ecr.eu-west-1.amazonaws.com/forest", undefined],
    ["forest", undefined],
  ];
  for (const [image, repository] of cases) {
    it(`${repository === undefined ? "does not exist for" : "is found in"} ${image}`, () => {
      deepEqual(ecrRepository(image), repository);
    });
  }
});
