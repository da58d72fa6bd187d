import { createHash, randomUUID } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  type Stats,
  statSync,
} from "node:fs";
import { appendFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { asUserError } from "../../errors/userError";
import { ApiError } from "./errors";
import type { WireRequest, WireResponse } from "./wire";
import type { World } from "./world";
import { textsOf, xml, type XmlValue } from "./xml";

/** A parsed request. */
interface S3Request extends WireRequest {
  readonly bucket: string;
  readonly key: string;
  readonly query: URLSearchParams;
}

type S3Operation = (world: World, request: S3Request) => Promise<WireResponse> | WireResponse;

const namespace = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

function document(name: string, value: XmlValue): WireResponse {
  return {
    status: 200,
    headers: { "content-type": "application/xml" },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${xml(name, value, namespace)}`,
  };
}

const empty = (status = 200, headers: Readonly<Record<string, string>> = {}): WireResponse => ({
  status,
  headers,
  body: "",
});

const uriOf = ({ bucket, key }: Pick<S3Request, "bucket" | "key">): string =>
  `s3://${bucket}/${key}`;

/** An object's ETag, which changes with the object; as with SSE-KMS, it is not an MD5. */
function etag({ mtimeMs, size }: Stats): string {
  return `"${createHash("md5").update(`${size} ${mtimeMs}`).digest("hex")}"`;
}

function notImplemented(what: string): ApiError {
  return new ApiError("NotImplemented", `${what} is not available on this machine.`, 501);
}

function noSuchKey({ key }: S3Request): ApiError {
  return new ApiError("NoSuchKey", `The specified key does not exist: ${key}`, 404);
}

/** The path of an object. @throws ApiError if it does not exist */
function objectAt(world: World, request: S3Request): string {
  if (!world.store.isObject(uriOf(request))) {
    throw noSuchKey(request);
  }
  return world.store.path(uriOf(request));
}

function checkBucket(world: World, { bucket }: S3Request): void {
  if (!existsSync(world.store.path(`s3://${bucket}`))) {
    throw new ApiError("NoSuchBucket", `The specified bucket does not exist: ${bucket}`, 404);
  }
}

/** The body of an upload, decoded if an SDK sent it in chunks. */
function contentOf({ body, headers }: S3Request): Buffer {
  const chunked =
    (headers["content-encoding"] ?? "").includes("aws-chunked") ||
    (headers["x-amz-content-sha256"] ?? "").startsWith("STREAMING-");
  if (!chunked) {
    return body;
  }
  const chunks: Buffer[] = [];
  for (let start = 0; start < body.length;) {
    const end = body.indexOf("\r\n", start);
    const size = parseInt(body.toString("latin1", start, end), 16);
    if (end < 0 || !Number.isInteger(size)) {
      throw new ApiError("IncompleteBody", "The body is not one of chunks.");
    }
    if (size === 0) {
      break;
    }
    chunks.push(body.subarray(end + 2, end + 2 + size));
    start = end + 2 + size + 2;
  }
  return Buffer.concat(chunks);
}

async function put(world: World, request: S3Request, content: Buffer): Promise<WireResponse> {
  const condition = ["if-match", "if-none-match"].find((name) => request.headers[name]);
  if (condition !== undefined) {
    throw notImplemented(`A PUT with ${condition}`);
  }
  const uri = uriOf(request);
  if (uri.endsWith("/")) {
    mkdirSync(world.store.path(uri), { recursive: true });
    return empty();
  }
  await world.store.put(uri, (path) => writeFile(path, content));
  return empty(200, { etag: etag(statSync(world.store.path(uri))) });
}

async function copyObject(world: World, request: S3Request): Promise<WireResponse> {
  const source = decodeURIComponent(request.headers["x-amz-copy-source"] ?? "").replace(/^\//, "");
  const [bucket = "", ...key] = source.split("/");
  const from = objectAt(world, { ...request, bucket, key: key.join("/") });
  await put(world, request, readFileSync(from));
  const stats = statSync(world.store.path(uriOf(request)));
  return document("CopyObjectResult", {
    ETag: etag(stats),
    LastModified: stats.mtime.toISOString(),
  });
}

function getObject(world: World, request: S3Request): WireResponse {
  const path = objectAt(world, request);
  const stats = statSync(path);
  const headers = {
    "accept-ranges": "bytes",
    "content-type": "binary/octet-stream",
    etag: etag(stats),
    "last-modified": stats.mtime.toUTCString(),
  };
  const length = String(stats.size);
  if (request.method === "HEAD") {
    return empty(200, { ...headers, "content-length": length });
  }
  const content = readFileSync(path);
  const [, first = "", last = ""] =
    /^bytes=(\d*)-(\d*)$/.exec(request.headers["range"] ?? "") ?? [];
  if (first === "" && last === "") {
    return { status: 200, headers: { ...headers, "content-length": length }, body: content };
  }
  const start = first === "" ? Math.max(0, stats.size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? stats.size - 1 : Math.min(Number(last), stats.size - 1);
  if (start > end) {
    throw new ApiError("InvalidRange", "The requested range is not satisfiable", 416);
  }
  return {
    status: 206,
    headers: {
      ...headers,
      "content-range": `bytes ${start}-${end}/${stats.size}`,
      "content-length": String(end - start + 1),
    },
    body: content.subarray(start, end + 1),
  };
}

function remove(world: World, uri: string): void {
  if (!world.store.isObject(uri)) {
    return;
  }
  const path = world.store.path(uri);
  rmSync(path);
  // Empty folders are removed, because folders only exist as parts of keys.
  const bucket = world.store.path(`s3://${uri.split("/")[2] ?? ""}`);
  for (let folder = dirname(path); folder.startsWith(`${bucket}/`); folder = dirname(folder)) {
    if (readdirSync(folder).length > 0) {
      break;
    }
    rmdirSync(folder);
  }
}

function deleteObject(world: World, request: S3Request): WireResponse {
  remove(world, uriOf(request));
  return empty(204);
}

function deleteObjects(world: World, request: S3Request): WireResponse {
  const keys = textsOf(request.body.toString("utf8"), "Key");
  for (const key of keys) {
    remove(world, uriOf({ ...request, key }));
  }
  return document("DeleteResult", { Deleted: keys.map((Key) => ({ Key })) });
}

/** The keys of a bucket with a prefix, sorted. */
function keysOf(world: World, bucket: string, prefix: string): readonly string[] {
  const root = world.store.path(`s3://${bucket}/`);
  const uri = `s3://${bucket}/${prefix}`;
  return world.store.objectsAt(uri).map(({ path }) => path.slice(root.length));
}

function listObjects(world: World, request: S3Request): WireResponse {
  checkBucket(world, request);
  const { bucket, query } = request;
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const isSecond = query.get("list-type") === "2";
  const max = Math.min(1000, Number(query.get("max-keys") ?? 1000));
  const after =
    query.get(isSecond ? "continuation-token" : "marker") ?? query.get("start-after") ?? "";
  const encode = (key: string): string =>
    query.get("encoding-type") === "url" ? encodeURIComponent(key).replaceAll("%2F", "/") : key;
  const found = new Map<string, boolean>();
  let last = "";
  let isTruncated = false;
  for (const key of keysOf(world, bucket, prefix)) {
    const end = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
    const name = end < 0 ? key : key.slice(0, end + delimiter.length);
    if (name <= after || found.has(name)) {
      continue;
    }
    if (found.size >= max) {
      isTruncated = true;
      break;
    }
    found.set(name, end < 0);
    last = name;
  }
  const all = [...found];
  return document("ListBucketResult", {
    Name: bucket,
    Prefix: encode(prefix),
    ...(delimiter === "" ? {} : { Delimiter: encode(delimiter) }),
    MaxKeys: max,
    ...(isSecond ? { KeyCount: found.size } : { Marker: encode(after) }),
    ...(query.get("encoding-type") === "url" ? { EncodingType: "url" } : {}),
    IsTruncated: isTruncated,
    ...(isTruncated
      ? { [isSecond ? "NextContinuationToken" : "NextMarker"]: isSecond ? last : encode(last) }
      : {}),
    Contents: all
      .filter(([, isKey]) => isKey)
      .map(([key]) => {
        const stats = statSync(world.store.path(`s3://${bucket}/${key}`));
        return {
          Key: encode(key),
          LastModified: stats.mtime.toISOString(),
          ETag: etag(stats),
          Size: stats.size,
          StorageClass: "STANDARD",
        };
      }),
    CommonPrefixes: all
      .filter(([, isKey]) => !isKey)
      .map(([Prefix]) => ({ Prefix: encode(Prefix) })),
  });
}

function listBuckets(world: World): WireResponse {
  const { folder } = world.store;
  const names = existsSync(folder)
    ? readdirSync(folder).filter((name) => !name.startsWith("."))
    : [];
  return document("ListAllMyBucketsResult", {
    Owner: { ID: world.accountId, DisplayName: "local" },
    Buckets: {
      Bucket: names.sort().map((Name) => ({
        Name,
        CreationDate: statSync(join(folder, Name)).birthtime.toISOString(),
      })),
    },
  });
}

function createBucket(world: World, { bucket }: S3Request): WireResponse {
  mkdirSync(world.store.path(`s3://${bucket}`), { recursive: true });
  return empty(200, { location: `/${bucket}` });
}

function headBucket(world: World, request: S3Request): WireResponse {
  checkBucket(world, request);
  return empty(200, { "x-amz-bucket-region": world.region });
}

function location(world: World, request: S3Request): WireResponse {
  checkBucket(world, request);
  // Source: GetBucketLocation, where us-east-1 is empty.
  return document("LocationConstraint", world.region === "us-east-1" ? "" : world.region);
}

/** The folder of an upload's parts. No bucket's name begins with a dot. */
function uploadFolder(world: World, { query }: S3Request): string {
  const id = query.get("uploadId") ?? "";
  const folder = join(world.store.folder, ".uploads", id);
  if (!/^[0-9a-f-]{36}$/.test(id) || !existsSync(folder)) {
    throw new ApiError("NoSuchUpload", "The specified multipart upload does not exist.", 404);
  }
  return folder;
}

function createUpload(world: World, { bucket, key }: S3Request): WireResponse {
  const UploadId = randomUUID();
  mkdirSync(join(world.store.folder, ".uploads", UploadId), { recursive: true });
  return document("InitiateMultipartUploadResult", { Bucket: bucket, Key: key, UploadId });
}

async function uploadPart(world: World, request: S3Request): Promise<WireResponse> {
  if (request.headers["x-amz-copy-source"] !== undefined) {
    throw notImplemented("UploadPartCopy");
  }
  const number = Number(request.query.get("partNumber"));
  const path = join(uploadFolder(world, request), String(number));
  await writeFile(path, contentOf(request));
  return empty(200, { etag: etag(statSync(path)) });
}

async function completeUpload(world: World, request: S3Request): Promise<WireResponse> {
  const folder = uploadFolder(world, request);
  const parts = textsOf(request.body.toString("utf8"), "PartNumber").map(Number);
  const missing = parts.find((number) => !existsSync(join(folder, String(number))));
  if (missing !== undefined || parts.length === 0) {
    throw new ApiError("InvalidPart", `Part ${missing ?? 1} of the upload is missing.`);
  }
  await world.store.put(uriOf(request), async (path) => {
    for (const number of parts) {
      await appendFile(path, readFileSync(join(folder, String(number))));
    }
  });
  rmSync(folder, { recursive: true });
  const { bucket, key } = request;
  const ETag = etag(statSync(world.store.path(uriOf(request))));
  return document("CompleteMultipartUploadResult", { Bucket: bucket, Key: key, ETag });
}

function abortUpload(world: World, request: S3Request): WireResponse {
  rmSync(uploadFolder(world, request), { recursive: true });
  return empty(204);
}

/** The operations, by method, target, and distinguishing parameter. */
const operations: readonly {
  readonly method: string;
  readonly on: "bucket" | "object" | "service";
  readonly parameter?: string;
  readonly header?: string;
  readonly perform: S3Operation;
}[] = [
  { method: "GET", on: "service", perform: listBuckets },
  { method: "GET", on: "bucket", parameter: "location", perform: location },
  { method: "POST", on: "bucket", parameter: "delete", perform: deleteObjects },
  { method: "GET", on: "bucket", perform: listObjects },
  { method: "HEAD", on: "bucket", perform: headBucket },
  { method: "PUT", on: "bucket", perform: createBucket },
  { method: "POST", on: "object", parameter: "uploads", perform: createUpload },
  { method: "PUT", on: "object", parameter: "uploadId", perform: uploadPart },
  { method: "POST", on: "object", parameter: "uploadId", perform: completeUpload },
  { method: "DELETE", on: "object", parameter: "uploadId", perform: abortUpload },
  { method: "PUT", on: "object", header: "x-amz-copy-source", perform: copyObject },
  {
    method: "PUT",
    on: "object",
    perform: (world, request) => put(world, request, contentOf(request)),
  },
  { method: "GET", on: "object", perform: getObject },
  { method: "HEAD", on: "object", perform: getObject },
  { method: "DELETE", on: "object", perform: deleteObject },
];

/** Parameters that name another operation; those of listings, parts and SDKs do not. */
const harmless = new Set([
  ...[
    "list-type",
    "prefix",
    "delimiter",
    "max-keys",
    "continuation-token",
    "start-after",
    "marker",
  ],
  ...["encoding-type", "fetch-owner", "partNumber", "x-id", "X-Amz-Request-Payer"],
  ...["uploadId", "uploads", "delete", "location"],
]);

function read(request: WireRequest): S3Request {
  const [path = "", search = ""] = request.url.split(/\?(.*)/s);
  const [bucket = "", ...key] = path.slice(1).split("/").map(decodeURIComponent);
  return { ...request, bucket, key: key.join("/"), query: new URLSearchParams(search) };
}

function find(request: S3Request): S3Operation {
  const { bucket, headers, key, method, query } = request;
  const on = bucket === "" ? "service" : key === "" ? "bucket" : "object";
  const other = [...query.keys()].find((name) => !harmless.has(name));
  const found = operations.find(
    (one) =>
      one.method === method &&
      one.on === on &&
      (one.parameter === undefined || query.has(one.parameter)) &&
      (one.header === undefined || headers[one.header] !== undefined),
  );
  if (found === undefined || other !== undefined) {
    const what = other === undefined ? "" : ` with ?${other}`;
    throw notImplemented(`S3's ${method} of ${on === "object" ? "an object" : `a ${on}`}${what}`);
  }
  return found.perform;
}

/**
 * Answers S3's requests to upload, list and download objects, on the folder that replaces S3. Buckets are addressed by
 * path. Other operations are refused by name.
 */
export async function answerS3(world: World, wire: WireRequest): Promise<WireResponse> {
  const request = read(wire);
  try {
    return await find(request)(world, request);
  } catch (error) {
    const known = error instanceof ApiError ? error : undefined;
    const user = known ?? asUserError(error);
    if (user === undefined) {
      process.stderr.write(`${(error as Error).stack ?? String(error)}\n`);
    }
    const answer = {
      Code: known?.code ?? (user === undefined ? "InternalError" : "InvalidRequest"),
      Message: (error as Error).message,
      Resource: `/${request.bucket}/${request.key}`,
      RequestId: randomUUID(),
    };
    return {
      status: known?.status ?? (user === undefined ? 500 : 400),
      headers: { "content-type": "application/xml" },
      body: request.method === "HEAD" ? "" : xml("Error", answer),
    };
  }
}
