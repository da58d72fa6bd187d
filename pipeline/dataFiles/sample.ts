import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { basename } from "node:path";
import { constants, gunzipSync } from "node:zlib";

/** The lines at the start of a text file. */
export interface Sample {
  readonly lines: readonly string[];
  /** Whether these are all lines. */
  readonly isWhole: boolean;
}

/** Unpacks the beginning of a bzip2 file, which Node.js does not support. */
export type UnpackBzip2 = (path: string, maxBytes: number) => Buffer;

/** The reason why Athena cannot read a file. */
export class UnreadableFile extends Error {
  override readonly name = "UnreadableFile";
}

const maxSampleBytes = 1 << 18;

const magics = {
  gzip: Buffer.from([0x1f, 0x8b]),
  bzip2: Buffer.from("BZh"),
  zip: Buffer.from("PK\u0003\u0004"),
  parquet: Buffer.from("PAR1"),
} as const;

function beginsWith(bytes: Buffer, magic: Buffer): boolean {
  return bytes.subarray(0, magic.length).equals(magic);
}

function readStart(path: string): { readonly bytes: Buffer; readonly isWhole: boolean } {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(size, maxSampleBytes));
    const read = readSync(file, bytes);
    return { bytes: bytes.subarray(0, read), isWhole: read === size };
  } finally {
    closeSync(file);
  }
}

/** Unpacks the beginning of a gzip file. */
function gunzipped(bytes: Buffer): Buffer {
  try {
    return gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch (error) {
    throw new UnreadableFile(`is a damaged gzip file: ${(error as Error).message}`);
  }
}

/**
 * The uncompressed bytes. Athena determines compression by the suffix.
 * Source: trino's TextLineReaderFactory and CompressionKind.forFile; Athena's guide, "Use compression in Athena".
 */
function unpacked(
  path: string,
  unpackBzip2: UnpackBzip2 | undefined,
): { readonly bytes: Buffer; readonly isWhole: boolean } | undefined {
  const start = readStart(path);
  const suffix = /\.(gz|bz2)$/.exec(path)?.[1];
  if (/\.(tar\.(gz|bz2)|tgz)$/.test(path)) {
    throw new UnreadableFile("is a tar archive, which Athena cannot read: unpack it");
  }
  if (beginsWith(start.bytes, magics.zip)) {
    throw new UnreadableFile(
      "is a zip archive or an Excel workbook, which Athena cannot read: unpack it, or save it as CSV",
    );
  }
  if (beginsWith(start.bytes, magics.parquet)) {
    throw new UnreadableFile("is a Parquet file: set format: parquet");
  }
  for (const [name, expected] of [
    ["gzip", "gz"],
    ["bzip2", "bz2"],
  ] as const) {
    const isPacked = beginsWith(start.bytes, magics[name]);
    if (start.bytes.length > 0 && isPacked !== (suffix === expected)) {
      throw new UnreadableFile(
        isPacked
          ? `is compressed with ${name}, which Athena recognises by the suffix: rename it to ${basename(path)}.${expected}`
          : `is not compressed with ${name}, although its suffix says so: rename it`,
      );
    }
  }
  if (suffix === "bz2") {
    const bytes = unpackBzip2?.(path, maxSampleBytes + 1);
    return bytes && { bytes, isWhole: bytes.length <= maxSampleBytes };
  }
  if (suffix === "gz" && start.bytes.length > 0) {
    const bytes = gunzipped(start.bytes);
    return {
      bytes: bytes.subarray(0, maxSampleBytes),
      isWhole: start.isWhole && bytes.length <= maxSampleBytes,
    };
  }
  return start;
}

function decode(bytes: Buffer, isWhole: boolean): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: !isWhole });
  } catch {
    const readable = new TextDecoder("utf-8").decode(bytes);
    const line = readable.slice(0, readable.indexOf("\uFFFD")).split(/\r\n|\n|\r/).length;
    throw new UnreadableFile(
      `line ${line}: is not UTF-8, but perhaps Latin-1 or Windows-1252: save it as UTF-8`,
    );
  }
}

function checkEncoding(bytes: Buffer, headerLines: number): void {
  const mark = bytes.subarray(0, 2).toString("hex");
  const zeros = bytes.filter((byte) => byte === 0).length;
  if (mark === "fffe" || mark === "feff" || zeros > bytes.length / 4) {
    throw new UnreadableFile("is UTF-16: save it as UTF-8");
  }
  if (zeros > 0) {
    throw new UnreadableFile("is not a text file: it contains null bytes");
  }
  if (headerLines === 0 && bytes.subarray(0, 3).toString("hex") === "efbbbf") {
    // Trino skips it (TextLineReader); older readers include it in the first value.
    throw new UnreadableFile("begins with a byte order mark: save it as UTF-8 without one");
  }
}

/**
 * Reads the beginning of a CSV file like Athena. Lines end with LF, CR, or both, as in Trino's TextLineReader.
 *
 * @param headerLines number of header lines
 * @returns undefined if the file cannot be unpacked here
 * @throws UnreadableFile if Athena cannot read it
 */
export function readSample(
  path: string,
  headerLines: number,
  unpackBzip2?: UnpackBzip2,
): Sample | undefined {
  const start = unpacked(path, unpackBzip2);
  if (start === undefined) {
    return undefined;
  }
  checkEncoding(start.bytes, headerLines);
  const lines = decode(start.bytes, start.isWhole).split(/\r\n|\n|\r/);
  // After the last line end, there may be an incomplete line.
  if (!start.isWhole || lines.at(-1) === "") {
    lines.pop();
  }
  return { lines, isWhole: start.isWhole };
}
