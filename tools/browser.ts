/** Finds and drives a browser on this machine, for tests and pictures of the report. */

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

import { type Browser, launch } from "puppeteer-core";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

const elsewhere = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/**
 * The path of Chromium or Chrome: RESTATE_BROWSER, or the one on the PATH.
 * @returns undefined if there is none
 */
export function findBrowser(): string | undefined {
  const named = process.env["RESTATE_BROWSER"];
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const places = folders.flatMap((folder) => names.map((name) => join(folder, name)));
  return [...(named === undefined ? [] : [named]), ...places, ...elsewhere].find((path) =>
    existsSync(path),
  );
}

/** Starts a headless browser. It only opens this project's files, so it needs no sandbox. */
export function startBrowser(path: string): Promise<Browser> {
  return launch({ executablePath: path, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}
