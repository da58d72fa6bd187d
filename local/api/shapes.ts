import { readFileSync } from "node:fs";
import { join } from "node:path";

import { matchesWhole, type Shape } from "../../pipeline/language/shapes";
import { ApiError } from "./errors";

type Shapes = Readonly<Record<string, Shape>>;

/** A service's model, written by tools/service_models.py. */
interface Service {
  /** The shapes of an operation's request and response. */
  readonly operations: Readonly<Record<string, readonly [string, string | null]>>;
  readonly shapes: Shapes;
}

/** The services with a model. */
export type ServiceName = "logs" | "sagemaker";

/** The services' codes for invalid requests. Evidence for logs: fluent-plugin-cloudwatch-logs#223. */
const refusals: Readonly<Record<ServiceName, string>> = {
  logs: "InvalidParameterException",
  sagemaker: "ValidationException",
};

let loaded: Readonly<Record<ServiceName, Service>> | undefined;

function services(): Readonly<Record<ServiceName, Service>> {
  loaded ??= JSON.parse(
    readFileSync(join(__dirname, "serviceModel.json"), "utf8"),
  ) as typeof loaded & {};
  return loaded;
}

/** The name of a JSON value in errors of the service's parser. */
function kindOf(value: unknown): string {
  if (Array.isArray(value)) {
    return "START_ARRAY";
  }
  return typeof value === "object" ? "START_OBJECT" : `${typeof value}_VALUE`.toUpperCase();
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The last second of a Date. */
const maxSeconds = 8.64e12;

const isNumber = (value: unknown): value is number => typeof value === "number";

/** The types of JSON values: their names in errors of the service's parser, and which values they have. */
const jsonTypes: Readonly<Record<string, readonly [string, (value: unknown) => boolean]>> = {
  boolean: ["Boolean", (value) => typeof value === "boolean"],
  double: ["Double", isNumber],
  float: ["Float", isNumber],
  integer: ["Integer", Number.isInteger],
  list: ["List", Array.isArray],
  long: ["Long", Number.isInteger],
  map: ["Map", isRecord],
  string: ["String", (value) => typeof value === "string"],
  structure: ["Object", isRecord],
  timestamp: ["Timestamp", (value) => isNumber(value) && Math.abs(value) <= maxSeconds],
};

const anything: Shape = { type: "any" };

/** Max characters of a value in an error: a definition may have a million. */
const maxShown = 500;

/** A value in an error. */
function shown(value: unknown): string {
  if (value === null) {
    return "null";
  }
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return `'${text.length > maxShown ? `${text.slice(0, maxShown)}...` : text}'`;
}

/** What limits are about: a number's value, or the length of a text, a list or a map. */
function sizeOf(value: unknown): readonly [size: number, what: string] {
  return isNumber(value)
    ? [value, "value"]
    : [typeof value === "string" ? value.length : Object.keys(value ?? {}).length, "length"];
}

/** Checks a request, and converts its times to dates. */
class Reader {
  readonly problems: string[] = [];

  constructor(private readonly shapes: Shapes) {}

  read(value: unknown, name: string, path: string): unknown {
    const shape = this.shapes[name] ?? anything;
    const { key = "", member = "", type, value: entry = "" } = shape;
    const [kind = "", fits] = jsonTypes[type] ?? [];
    if (fits?.(value) === false) {
      throw new ApiError(
        "SerializationException",
        `${path}: ${kindOf(value)} can not be converted to a ${kind}`,
      );
    }
    this.check(value, shape, path);
    switch (type) {
      case "structure":
        return this.structure(value as Readonly<Record<string, unknown>>, shape, path);
      case "list":
        return (value as readonly unknown[]).map((item, index) =>
          this.read(item, member, `${path}.${index + 1}.member`),
        );
      case "map":
        return Object.fromEntries(
          Object.entries(value as object).map(([one, inside]) => {
            this.read(one, key, `${path}.${one}.key`);
            return [one, this.read(inside, entry, `${path}.${one}.member`)];
          }),
        );
      case "timestamp":
        return new Date(1000 * (value as number));
      default:
        return value;
    }
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
    // Unknown members are ignored, as in the service.
    return Object.fromEntries(
      Object.entries(members).flatMap(([name, shape]) =>
        value[name] === undefined || value[name] === null
          ? []
          : [[name, this.read(value[name], shape, inside(name))]],
      ),
    );
  }

  private check(value: unknown, { enum: values, max, min, pattern }: Shape, path: string): void {
    const [size, what] = sizeOf(value);
    if (min !== undefined && size < min) {
      this.problem(value, path, `Member must have ${what} greater than or equal to ${min}`);
    }
    if (max !== undefined && size > max) {
      this.problem(value, path, `Member must have ${what} less than or equal to ${max}`);
    }
    if (typeof value === "string" && pattern !== undefined && !matchesWhole(pattern, value)) {
      this.problem(value, path, `Member must satisfy regular expression pattern: ${pattern}`);
    }
    if (typeof value === "string" && values?.includes(value) === false) {
      this.problem(value, path, `Member must satisfy enum value set: [${values.join(", ")}]`);
    }
  }

  private problem(value: unknown, path: string, constraint: string): void {
    this.problems.push(
      `Value ${shown(value)} at '${path}' failed to satisfy constraint: ${constraint}`,
    );
  }
}

/**
 * Checks a request by the service's model, and converts its times to dates.
 *
 * @throws ApiError with all problems, in the service's words
 */
export function readRequest(service: ServiceName, operation: string, body: unknown): unknown {
  const { operations, shapes } = services()[service];
  const [request = ""] = operations[operation] ?? [];
  const reader = new Reader(shapes);
  const value = reader.read(body, request, "");
  const { problems } = reader;
  if (problems.length > 0) {
    throw new ApiError(
      refusals[service],
      `${problems.length} validation error${problems.length > 1 ? "s" : ""} detected: ` +
        problems.join("; "),
    );
  }
  return value;
}

/** A value of a response: known members only, times in seconds. */
function written(value: unknown, name: string, shapes: Shapes): unknown {
  if (value === undefined || value === null) {
    return undefined;
  }
  const { member = "", members = {}, type, value: entry = "" } = shapes[name] ?? anything;
  switch (type) {
    case "structure": {
      const record = value as Readonly<Record<string, unknown>>;
      return Object.fromEntries(
        Object.entries(members).flatMap(([key, shape]) => {
          const one = written(record[key], shape, shapes);
          return one === undefined ? [] : [[key, one]];
        }),
      );
    }
    case "list":
      return (value as readonly unknown[]).map((one) => written(one, member, shapes));
    case "map":
      return Object.fromEntries(
        Object.entries(value).map(([key, one]) => [key, written(one, entry, shapes)]),
      );
    case "timestamp":
      return new Date(value as Date | string).getTime() / 1000;
    default:
      return value;
  }
}

/**
 * A response for the wire, without members of records and requests that it does not have. Times may be dates or texts.
 */
export function writeAnswer(service: ServiceName, operation: string, answer: unknown): unknown {
  const { operations, shapes } = services()[service];
  const [, name] = operations[operation] ?? [];
  return name === null || name === undefined ? {} : (written(answer ?? {}, name, shapes) ?? {});
}
