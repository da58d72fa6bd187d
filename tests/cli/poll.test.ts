import { deepEqual, equal, rejects } from "node:assert/strict";

import { AwsError } from "../../sageMaker/awsErrors";
import { poll } from "../../sageMaker/follow";

const pace = { shortest: 2, longest: 5 };

describe("polling", () => {
  /** Polls without waiting, and returns the pauses that it would have made, in seconds. */
  const pauses = async (changes: readonly boolean[]): Promise<readonly number[]> => {
    const made: number[] = [];
    const looks = changes.values();
    const look = (): Promise<{ changed: boolean; over: boolean }> => {
      const next = looks.next();
      return Promise.resolve({ changed: next.value === true, over: next.done === true });
    };
    await poll(pace, look, (seconds) => Promise.resolve(made.push(seconds)));
    return made;
  };

  it("pauses longer while nothing changes, and briefly after a change", async () => {
    deepEqual(await pauses([false, false, false, true, false]), [3, 4.5, 5, 2, 3]);
    deepEqual(await pauses([true, true]), [2, 2]);
  });

  it("tolerates transient failures, and gives up after eight in a row", async () => {
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

  it("gives up at once on a permanent failure", async () => {
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
