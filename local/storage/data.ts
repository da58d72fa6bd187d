import { createHash } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { Readable } from "node:stream";

import { list, type ReadEntry } from "tar";

import { UserError } from "../../errors/userError";
import { writeFileAtomically } from "./files";

/** Environment variable with the data of a table, if neither an option nor the configuration has it. */
export const dataVariable = "RESTATE_DATA";

/** The URL of the California housing data, and its hash, with LF line ends. */
const source = {
  url: "https://ndownloader.figshare.com/files/5976036",
  member: "CaliforniaHousing/cal_housing.data",
  sha256: "a2b44dcc7e1c9091b43c4f458b25cbd1f7e8068d08edd26bc4703108d3fa6214",
};

const downloadSeconds = 60;

function cacheFolder(): string {
  return join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "restate", "data");
}

function normalised(content: Buffer): Buffer {
  return content.includes("\r")
    ? Buffer.from(content.toString("latin1").replaceAll("\r\n", "\n"), "latin1")
    : content;
}

async function unpack(archive: Buffer): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  await new Promise<void>((done, failed) => {
    const parser = list({
      onReadEntry: (entry: ReadEntry) => {
        if (entry.path === source.member) {
          entry.on("data", (chunk: Buffer) => chunks.push(chunk));
        }
      },
    });
    parser.on("end", done).on("error", failed);
    Readable.from([archive]).pipe(parser);
  });
  return chunks.length === 0 ? undefined : Buffer.concat(chunks);
}

/**
 * The California housing data: the cached copy or a download, checked by its hash.
 * @throws UserError if neither is available
 */
export async function californiaHousingFile(say: (line: string) => void): Promise<string> {
  const cached = join(cacheFolder(), basename(source.member));
  if (existsSync(cached)) {
    return cached;
  }
  say(`downloading the California housing data from ${source.url}`);
  const instead = "pass the file with --data PATH (or RESTATE_DATA)";
  let archive: Buffer;
  try {
    const response = await fetch(source.url, {
      signal: AbortSignal.timeout(downloadSeconds * 1000),
    });
    if (!response.ok) {
      throw new Error(`HTTP ${response.status}`);
    }
    archive = Buffer.from(await response.arrayBuffer());
  } catch (error) {
    const reason = (error as { cause?: Error }).cause?.message ?? (error as Error).message;
    throw new UserError(`cannot download the California housing data (${reason}); ${instead}`);
  }
  const content = normalised((await unpack(archive)) ?? Buffer.alloc(0));
  if (createHash("sha256").update(content).digest("hex") !== source.sha256) {
    throw new UserError(`the download from ${source.url} is not the expected data; ${instead}`);
  }
  writeFileAtomically(cached, content);
  return cached;
}

/**
 * The user's data file or folder.
 * @throws UserError if it does not exist, or is empty
 */
export function namedData(path: string, named: string): string {
  if (!existsSync(path)) {
    throw new UserError(`${named}: file or folder does not exist: ${path}`);
  }
  if (statSync(path).isFile() && statSync(path).size === 0) {
    throw new UserError(`${named}: ${path} is empty`);
  }
  return path;
}
