import {
  createReadStream,
  createWriteStream,
  existsSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { TextDecoder } from "node:util";

import { UserError } from "../../errors/userError";
import { beginning } from "./files";

/** The likely encoding of a file that Athena cannot read, from the problem with it; undefined if encoding is not the problem. */
export function likelyEncoding(problem: string): string | undefined {
  if (problem.includes("is UTF-16")) {
    return "utf-16";
  }
  return problem.includes("is not UTF-8") ? "windows-1252" : undefined;
}

/** The path of the copy: `flats.csv` becomes `flats.utf8.csv`. */
function copyPath(path: string): string {
  const suffix = extname(path);
  return join(dirname(path), `${basename(path, suffix)}.utf8${suffix}`);
}

/** @throws UserError if the encoding is unknown */
function decoderOf(encoding: string, path: string): TextDecoder {
  const isBigEndian = beginning(path).startsWith("\u00fe\u00ff");
  const name = /^utf-?16$/i.test(encoding) && isBigEndian ? "utf-16be" : encoding;
  // The Encoding Standard has the label latin1, but not latin-1.
  for (const label of [name, name.replaceAll(/[-_ ]/g, "")]) {
    try {
      return new TextDecoder(label, { fatal: true });
    } catch (error) {
      if (!(error instanceof RangeError)) {
        throw error;
      }
    }
  }
  throw new UserError(
    `--encoding: ${encoding} is not a known encoding; such are windows-1252, iso-8859-15, utf-16, shift_jis, gb18030`,
  );
}

/**
 * Writes a UTF-8 copy without a byte order mark beside a file, since Athena reads nothing else.
 *
 * @param encoding the file's encoding: a label of the WHATWG's Encoding Standard
 * @returns the copy's path
 * @throws UserError if there is no such file, it is compressed or has another encoding, or the copy exists already
 */
export async function convertToUtf8(
  path: string,
  encoding: string,
  overwrite: boolean,
): Promise<string> {
  if (!existsSync(path) || !statSync(path).isFile() || /\.(gz|bz2)$/i.test(path)) {
    throw new UserError(`--encoding: ${path} must be a file that is not packed`);
  }
  const copy = copyPath(path);
  if (existsSync(copy) && !overwrite) {
    throw new UserError(`--encoding: ${copy} exists: --force overwrites it`);
  }
  const decoder = decoderOf(encoding, path);
  const draft = `${copy}.draft`;
  async function* decoded(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
    for await (const chunk of chunks) {
      yield decoder.decode(chunk, { stream: true });
    }
    yield decoder.decode();
  }
  try {
    await pipeline(createReadStream(path), decoded, createWriteStream(draft));
    renameSync(draft, copy);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error instanceof TypeError
      ? new UserError(`--encoding: ${path} is not ${encoding}`)
      : error;
  }
  return copy;
}
