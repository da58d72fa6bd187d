import { writeFileSync } from "node:fs";

/** Pseudo-random numbers from 0 to 1, the same in every run: a linear congruential generator. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * Rows in the form of the California housing data, whose house value follows from the place and the age
 * with a little noise: trees learn it quickly, so tests can be small.
 */
export function housingRows(count: number, seed = 1): readonly string[] {
  const random = randomNumbers(seed);
  return Array.from({ length: count }, () => {
    const longitude = -124 + 10 * random();
    const latitude = 32 + 10 * random();
    const age = 1 + Math.floor(52 * random());
    const rooms = Math.floor(100 + 5000 * random());
    const people = Math.floor(50 + 3000 * random());
    const value =
      100_000 +
      (longitude < -119 ? 150_000 : 0) +
      (latitude < 36 ? 80_000 : 0) +
      1_000 * age +
      20_000 * random();
    return [
      ...[longitude.toFixed(2), latitude.toFixed(2), age.toFixed(1), rooms.toFixed(1)],
      ...[(rooms / 5).toFixed(1), people.toFixed(1), (people / 3).toFixed(1)],
      ...[(1 + 10 * random()).toFixed(4), value.toFixed(1)],
    ].join(",");
  });
}

/** Writes rows to a file, and returns its path. */
export function writeRows(path: string, rows: readonly string[]): string {
  writeFileSync(path, rows.map((row) => `${row}\n`).join(""));
  return path;
}
