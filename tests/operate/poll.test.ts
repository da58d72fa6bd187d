import { equal, ok, rejects } from "node:assert/strict";

import { AwsError } from "../../operate/awsErrors";
import { poll } from "../../operate/follow";

const pace = { shortest: 0.05, longest: 0.4 };

describe("polling", () => {
  /** The seconds until the sixth look. */
  const secondsOfSix = async (changed: boolean): Promise<number> => {
    const begin = Date.now();
    let looks = 0;
    await poll(pace, () => Promise.resolve({ changed, over: ++looks === 6 }));
    return (Date.now() - begin) / 1000;
  };

  it("pauses longer while nothing changes, and shortly after a change", async () => {
    // 0.075, 0.113, 0.169, 0.253 and 0.380 against 0.05 each: a slow machine makes both longer.
    const unchanged = await secondsOfSix(false);
    const changed = await secondsOfSix(true);
    ok(unchanged > 0.95, String(unchanged));
    ok(changed > 0.24 && changed < unchanged, String(changed));
  });

  it("passes over a failure that may pass, and gives up after eight in a row", async () => {
    const throttled = new AwsError("throttled", "ThrottlingException", true);
    let looks = 0;
    const quick = { shortest: 0.001, longest: 0.001 };
    await poll(quick, () =>
      ++looks % 3 === 0
        ? Promise.resolve({ changed: true, over: looks > 20 })
        : Promise.reject(throttled),
    );
    equal(looks, 21);
    looks = 0;
    const never = poll(quick, () => {
      looks++;
      return Promise.reject(throttled);
    });
    await rejects(never, throttled);
    equal(looks, 8);
  });

  it("gives up at once where the failure will not pass", async () => {
    const denied = new AwsError("denied", "AccessDeniedException", false);
    let looks = 0;
    const never = poll(pace, () => {
      looks++;
      return Promise.reject(denied);
    });
    await rejects(never, denied);
    equal(looks, 1);
  });
});
