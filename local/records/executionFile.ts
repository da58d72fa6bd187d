import type { PipelineExecutionStatus, StepStatus } from "@aws-sdk/client-sagemaker";
import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { z } from "zod";

import { writeFileAtomically, type WriteOptions } from "../storage/files";
import { parseDocument, warnOfDamage } from "./documents";
import type { ExecutionDocument, ExecutionHead } from "./executionDocument";

const time = z.iso.datetime();
const executionStatus = z.enum<Readonly<Record<PipelineExecutionStatus, PipelineExecutionStatus>>>({
  Executing: "Executing",
  Failed: "Failed",
  Stopped: "Stopped",
  Stopping: "Stopping",
  Succeeded: "Succeeded",
});
const stepStatus = z.enum<Readonly<Record<StepStatus, StepStatus>>>({
  Executing: "Executing",
  Failed: "Failed",
  Starting: "Starting",
  Stopped: "Stopped",
  Stopping: "Stopping",
  Succeeded: "Succeeded",
});
const strings = z.record(z.string(), z.string());

const head = z.looseObject({
  version: z.literal(2),
  process: z.object({
    id: z.number(),
    machine: z.string().optional(),
    started: z.string().optional(),
  }),
  pipelineName: z.string(),
  execution: z.looseObject({
    PipelineArn: z.string(),
    PipelineExecutionArn: z.string().regex(/\/execution\/./),
    PipelineExecutionStatus: executionStatus,
    CreationTime: time,
    LastModifiedTime: time,
    FailureReason: z.string().optional(),
  }),
  clientRequestToken: z.string().optional(),
  inputs: z.string().optional(),
  authorization: z.string().optional(),
  trialCount: z.number(),
});

const document = head.extend({
  parameters: z.array(z.object({ Name: z.string(), Value: z.string() })),
  steps: z.array(
    z.looseObject({
      StepName: z.string(),
      StepType: z.string(),
      StepStatus: stepStatus,
      StartTime: time.optional(),
      EndTime: time.optional(),
      Properties: z.record(z.string(), z.unknown()).optional(),
    }),
  ),
  trials: z.array(
    z.looseObject({
      StepName: z.string(),
      Number: z.number(),
      TrainingJobName: z.string(),
      TrainingJobStatus: z.string(),
      TunedHyperParameters: strings,
      FinalMetricDataList: z.array(z.looseObject({ MetricName: z.string(), Value: z.number() })),
      ObjectiveHistory: z.array(z.number()),
      Seconds: z.number(),
      Log: z.string(),
    }),
  ),
});

/** Bytes to read for the first line, which usually suffice. */
const headBytes = 16_384;

/** The first line of a file, if file and line have the form of a document. */
function firstLine(path: string): string | undefined {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const buffer = Buffer.alloc(Math.min(size, headBytes));
    readSync(file, buffer, 0, buffer.length, 0);
    const end = buffer.indexOf(",\n");
    const tail = Buffer.alloc(2);
    readSync(file, tail, 0, 2, Math.max(0, size - 2));
    return end > 1 && tail.toString() === "}\n" ? `${buffer.toString("utf8", 0, end)}}` : undefined;
  } finally {
    closeSync(file);
  }
}

/** What was read from files, by path. It is only read again if the file has changed, because commands read repeatedly. */
class ReadFiles<Value> {
  private readonly known = new Map<string, { readonly state: string; readonly value: Value }>();

  /** @param max number of files to remember */
  constructor(
    private readonly read: (path: string) => Value | undefined,
    private readonly max = Infinity,
  ) {}

  get(path: string): Value | undefined {
    // Each write creates a new file.
    const { ino, mtimeMs, size } = statSync(path);
    const state = `${ino} ${mtimeMs} ${size}`;
    const known = this.known.get(path);
    if (known?.state === state) {
      return known.value;
    }
    const value = this.read(path);
    this.known.delete(path);
    if (value !== undefined) {
      this.known.set(path, { state, value });
    }
    const [oldest] = this.known.keys();
    if (oldest !== undefined && this.known.size > this.max) {
      this.known.delete(oldest);
    }
    return value;
  }
}

const heads = new ReadFiles(readHeadOf);
const documents = new ReadFiles((path) => parseDocument(path, document), 4);

/** The summary of an execution for lists; undefined, with a warning, if the document is damaged. */
export function readHead(path: string): ExecutionHead | undefined {
  return heads.get(path);
}

function readHeadOf(path: string): ExecutionHead | undefined {
  const line = firstLine(path);
  if (line !== undefined) {
    try {
      const parsed = head.safeParse(JSON.parse(line));
      if (parsed.success) {
        return parsed.data as unknown as ExecutionHead;
      }
    } catch {
      // It is damaged.
    }
  }
  return readUndamaged(path);
}

/** The document of an execution; undefined, with a warning, if it is damaged. */
export function readUndamaged(path: string): ExecutionDocument | undefined {
  const document = readDocument(path);
  if (document === undefined) {
    warnOfDamage(path, defectOf(path));
  }
  return document;
}

/** What is wrong with a document that cannot be read. */
export function defectOf(path: string): string {
  const found = parseDocument(path, z.looseObject({ version: z.unknown().optional() }));
  return found === undefined || found.version === 2
    ? "is damaged"
    : "was written by another version of this program (use that version to see it, or delete its folder)";
}

/** Reads the document of an execution; undefined if it is damaged. */
export function readDocument(path: string): ExecutionDocument | undefined {
  return documents.get(path) as unknown as ExecutionDocument | undefined;
}

/** Writes the document of an execution: the summary for lists in the first line, then one member per line. */
export function writeDocument(
  path: string,
  { parameters, steps, trials, ...first }: ExecutionDocument,
  options?: WriteOptions,
): void {
  const rest = { parameters, steps, trials };
  const lines = [
    JSON.stringify(first).slice(0, -1),
    ...Object.entries(rest).map(([name, value]) => `"${name}":${JSON.stringify(value)}`),
  ];
  writeFileAtomically(path, `${lines.join(",\n")}}\n`, options);
}
