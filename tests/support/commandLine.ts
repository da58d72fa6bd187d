import { Writable } from "node:stream";

import { restate } from "../../cli/commandLine";

/** What a command printed, and how it ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a stream of a command has been written, and the stream. */
function collector(): { readonly stream: NodeJS.WriteStream; readonly text: () => string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk);
      done();
    },
  });
  return {
    stream: stream as unknown as NodeJS.WriteStream,
    text: () => Buffer.concat(chunks).toString(),
  };
}

/** Runs the command line in this process, with an environment of its own, as `npm run restate -- ARGUMENT...` does. */
export async function commandLine(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const stdout = collector();
  const stderr = collector();
  const before = { ...process.env };
  let code = 0;
  Object.assign(process.env, environment);
  try {
    await restate(args, {
      stdout: stdout.stream,
      stderr: stderr.stream,
      exit: (ended) => {
        code = ended;
      },
    });
  } finally {
    for (const name of Object.keys(environment)) {
      if (before[name] === undefined) {
        Reflect.deleteProperty(process.env, name);
      } else {
        process.env[name] = before[name];
      }
    }
  }
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}
