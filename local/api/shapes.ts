import { readFileSync } from "node:fs";
import { join } from "node:path";

import { ApiError, invalid } from "./errors";

/** A shape of the service model, as tools/apiShapes.py writes it. Those in it are named. */
interface Shape {
  readonly members?: Readonly<Record<string, string>>;
  readonly required?: readonly string[];
  readonly list?: string;
  readonly map?: readonly [key: string, value: string];
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
}

interface Service {
  /** The names of an operation's request and answer. */
  readonly operations: Readonly<Record<string, readonly [string, string | null]>>;
  readonly requests: Readonly<Record<string, Shape>>;
  readonly answers: Readonly<Record<string, Shape>>;
}

/** The services that have a model here. */
export type ServiceName = "logs" | "sagemaker";

let loaded: Readonly<Record<ServiceName, Service>> | undefined;

function services(): Readonly<Record<ServiceName, Service>> {
  loaded ??= JSON.parse(
    readFileSync(join(__dirname, "serviceModel.json"), "utf8"),
  ) as typeof loaded & {};
  return loaded;
}

/** Whether there is an operation of the name. */
export function hasOperation(service: ServiceName, operation: string): boolean {
  return services()[service].operations[operation] !== undefined;
}

/** What a JSON value is called in errors of the service's parser. */
function kindOf(value: unknown): string {
  if (Array.isArray(value)) {
    return "START_ARRAY";
  }
  return typeof value === "object" ? "START_OBJECT" : `${typeof value}_VALUE`.toUpperCase();
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const jsonTypes: Readonly<Record<string, (value: unknown) => boolean>> = {
  blob: (value) => typeof value === "string",
  boolean: (value) => typeof value === "boolean",
  double: (value) => typeof value === "number",
  float: (value) => typeof value === "number",
  integer: Number.isInteger,
  long: Number.isInteger,
  string: (value) => typeof value === "string",
  timestamp: (value) => typeof value === "number",
};

/** Reads one request: checks it, and turns its times into dates. */
class Reader {
  readonly problems: string[] = [];

  constructor(private readonly shapes: Readonly<Record<string, Shape>>) {}

  read(value: unknown, name: string, path: string): unknown {
    const shape = this.shapes[name] ?? {};
    if (shape.members !== undefined) {
      return this.structure(this.expect(value, isRecord, path, "Object"), shape, path);
    }
    if (shape.list !== undefined) {
      const { list } = shape;
      const items = this.expect(value, Array.isArray, path, "List") as readonly unknown[];
      this.limits(items.length, "length", value, shape, path);
      return items.map((item, index) => this.read(item, list, `${path}.${index + 1}.member`));
    }
    if (shape.map !== undefined) {
      const [key, member] = shape.map;
      const entries = Object.entries(this.expect(value, isRecord, path, "Map"));
      this.limits(entries.length, "length", value, shape, path);
      return Object.fromEntries(
        entries.map(([name_, one]) => {
          this.read(name_, key, `${path}.${name_}.key`);
          return [name_, this.read(one, member, `${path}.${name_}.member`)];
        }),
      );
    }
    return this.scalar(value, shape, path);
  }

  private expect<Kind>(
    value: unknown,
    is: (value: unknown) => value is Kind,
    path: string,
    kind: string,
  ): Kind {
    if (!is(value)) {
      throw new ApiError(
        "SerializationException",
        `${path}: ${kindOf(value)} can not be converted to a ${kind}`,
      );
    }
    return value;
  }

  private structure(
    value: Readonly<Record<string, unknown>>,
    { members = {}, required = [] }: Shape,
    path: string,
  ): unknown {
    const inside = (name: string): string => {
      const member = name.charAt(0).toLowerCase() + name.slice(1);
      return path === "" ? member : `${path}.${member}`;
    };
    for (const name of required) {
      if (value[name] === undefined || value[name] === null) {
        this.problem(null, inside(name), "Member must not be null");
      }
    }
    // Members that the service does not know are passed over, as the service does.
    return Object.fromEntries(
      Object.entries(members).flatMap(([name, shape]) =>
        value[name] === undefined || value[name] === null
          ? []
          : [[name, this.read(value[name], shape, inside(name))]],
      ),
    );
  }

  private scalar(value: unknown, shape: Shape, path: string): unknown {
    const { type = "string" } = shape;
    if (jsonTypes[type]?.(value) !== true) {
      const kind = type.charAt(0).toUpperCase() + type.slice(1);
      throw new ApiError(
        "SerializationException",
        `${path}: ${kindOf(value)} can not be converted to a ${kind}`,
      );
    }
    if (type === "timestamp") {
      return new Date(1000 * (value as number));
    }
    if (typeof value === "string") {
      this.limits(value.length, "length", value, shape, path);
      if (shape.pattern !== undefined && !matches(shape.pattern, value)) {
        this.problem(
          value,
          path,
          `Member must satisfy regular expression pattern: ${shape.pattern}`,
        );
      }
      if (shape.enum !== undefined && !shape.enum.includes(value)) {
        this.problem(value, path, `Member must satisfy enum value set: [${shape.enum.join(", ")}]`);
      }
    } else if (typeof value === "number") {
      this.limits(value, "value", value, shape, path);
    }
    return value;
  }

  private limits(
    size: number,
    what: "length" | "value",
    value: unknown,
    { max, min }: Shape,
    path: string,
  ): void {
    if (min !== undefined && size < min) {
      this.problem(value, path, `Member must have ${what} greater than or equal to ${min}`);
    }
    if (max !== undefined && size > max) {
      this.problem(value, path, `Member must have ${what} less than or equal to ${max}`);
    }
  }

  private problem(value: unknown, path: string, constraint: string): void {
    const shown =
      value === null ? "null" : `'${typeof value === "string" ? value : JSON.stringify(value)}'`;
    this.problems.push(`Value ${shown} at '${path}' failed to satisfy constraint: ${constraint}`);
  }
}

/** Whether a text is one of a pattern of the model, which means all of it. */
function matches(pattern: string, text: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`, "su").test(text);
  } catch {
    // Patterns are Java's; the few that JavaScript does not read are left to AWS.
    return true;
  }
}

/**
 * Checks a request by the service's model, and turns its times into dates.
 *
 * @throws ApiError with all problems at once, in the service's words
 */
export function readRequest(service: ServiceName, operation: string, body: unknown): unknown {
  const { operations, requests } = services()[service];
  const [request = ""] = operations[operation] ?? [];
  const reader = new Reader(requests);
  const value = reader.read(body, request, "");
  const { problems } = reader;
  if (problems.length > 0) {
    throw invalid(
      `${problems.length} validation error${problems.length > 1 ? "s" : ""} detected: ` +
        problems.join("; "),
    );
  }
  return value;
}

/** A value of an answer as it goes over the wire: known members only, times in seconds. */
function written(value: unknown, name: string, shapes: Service["answers"]): unknown {
  if (value === undefined || value === null) {
    return undefined;
  }
  const { list, map, members } = shapes[name] ?? {};
  if (members !== undefined) {
    const record = value as Readonly<Record<string, unknown>>;
    return Object.fromEntries(
      Object.entries(members).flatMap(([key, shape]) => {
        const member = written(record[key], shape, shapes);
        return member === undefined ? [] : [[key, member]];
      }),
    );
  }
  if (list !== undefined) {
    return (value as readonly unknown[]).map((one) => written(one, list, shapes));
  }
  if (map !== undefined) {
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [key, written(one, map[1], shapes)]),
    );
  }
  return name === "timestamp" ? new Date(value as Date | string).getTime() / 1000 : value;
}

/**
 * An answer as it goes over the wire. Records and requests have members that the answer has not; they are
 * left out. Times may be dates or texts.
 */
export function writeAnswer(service: ServiceName, operation: string, answer: unknown): unknown {
  const { answers, operations } = services()[service];
  const [, name] = operations[operation] ?? [];
  return name === null || name === undefined ? {} : (written(answer ?? {}, name, answers) ?? {});
}
