import { deepEqual, rejects } from "node:assert/strict";

import { AwsError } from "../../sageMaker/awsErrors";
import { shownChallenge } from "../../cli/shownChallenge";
import type { Challenge } from "../../sageMaker/challenge";

describe("a champion's challenge in the display of an execution", () => {
  const challenge: Challenge = {
    outcome: "Beaten",
    verdict: "the champion is beaten",
    champion: { version: 3, r2: 0.8 },
    challenger: { name: "XGBoost", r2: 0.85 },
    rows: 1907,
    difference: { r2: 0.05, least: 0.0123, confidence: 0.9, by: 0.01 },
  };

  it("is one line, if there was a challenge", async () => {
    deepEqual(await shownChallenge(() => Promise.resolve(undefined)), { lines: [] });
    deepEqual(await shownChallenge(() => Promise.resolve(challenge)), {
      challenge,
      lines: [
        "Champion: version 3 is beaten. XGBoost has R² 0.8500 and version 3 0.8000 on 1,907 test rows that neither has " +
          "seen: with 90 % confidence the difference is 0.0123 or more; it took more than 0.01.",
      ],
    });
    const other: Challenge = { outcome: "NoChampion", verdict: "there is no champion" };
    deepEqual((await shownChallenge(() => Promise.resolve(other))).lines, [
      "Champion: there is no champion",
    ]);
  });

  it("does not hide the execution from users without permission to read it", async () => {
    const denied = new AwsError("no permission: s3:GetObject", "AccessDenied", false);
    deepEqual(await shownChallenge(() => Promise.reject(denied)), {
      lines: ["Champion: the verdict cannot be read: no permission: s3:GetObject"],
    });
    await rejects(
      shownChallenge(() => Promise.reject(new Error("a mistake of ours"))),
      /a mistake of ours/,
    );
  });
});
