import { hasLocalStorage, parametersOfKeyedVolumes } from "../pipeline/instanceTypes";
import type { Parameter, PipelineDefinition } from "../pipeline/language/definition";
import type { Json } from "../pipeline/language/json";
import { UserError } from "../errors/userError";

/** The readers of values, by type. The SageMaker Python SDK sends `str(True)`, so case does not matter. */
const readers: Readonly<Record<Parameter["Type"], (value: string) => Json | undefined>> = {
  Boolean: (value) => (/^true$/i.test(value) ? true : /^false$/i.test(value) ? false : undefined),
  Float: (value) => numberIn(value, /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i, Number.isFinite),
  Integer: (value) => numberIn(value, /^[+-]?\d+$/, Number.isSafeInteger),
  String: (value) => value,
};

/** A number in decimal notation, unlike JavaScript's `Number`, which also reads "0x10" and " 3". */
function numberIn(
  value: string,
  form: RegExp,
  accepts: (number: number) => boolean,
): number | undefined {
  const number = Number(value);
  return form.test(value) && accepts(number) ? number : undefined;
}

/**
 * The values of a pipeline's parameters: the given ones, and the defaults of the others.
 *
 * @param definition the pipeline's definition
 * @param given values by name, as strings
 * @throws UserError if a parameter is unknown or has no value, its value has the wrong type or is not allowed, or it sets an
 * instance type for which SageMaker accepts no key, but the definition has one
 */
export function parameterValues(
  definition: PipelineDefinition,
  given: ReadonlyMap<string, string>,
): ReadonlyMap<string, Json> {
  const declared = definition.Parameters ?? [];
  const problems: string[] = [];
  const names = declared.map((one) => one.Name);
  const keyed = new Set(parametersOfKeyedVolumes(definition));
  for (const name of given.keys()) {
    if (!names.includes(name)) {
      problems.push(`parameter ${name}: unknown; the pipeline has ${names.join(", ") || "none"}`);
    }
  }
  const values = declared.flatMap((one): [string, Json][] => {
    const { DefaultValue: defaultValue, Name: name, Type: type } = one;
    const raw = given.get(name);
    const value = raw === undefined ? (defaultValue ?? undefined) : readers[type](raw);
    if (value === undefined) {
      problems.push(
        raw === undefined
          ? `parameter ${name}: has no default; set it with --parameter ${name}=VALUE`
          : `parameter ${name}: "${raw}" is not of type ${type}`,
      );
      return [];
    }
    const allowed = one.Type === "String" ? one.EnumValues : undefined;
    if (typeof value === "string" && allowed?.includes(value) === false) {
      problems.push(`parameter ${name}: "${value}" is not one of ${JSON.stringify(allowed)}`);
      return [];
    }
    if (keyed.has(name) && typeof value === "string" && hasLocalStorage(value)) {
      problems.push(
        `parameter ${name}: ${value} has local disks, which do not support a KMS key, but the definition sets one ` +
          "for the volume; choose a type without local disks, such as ml.m5.xlarge",
      );
    }
    return [[name, value]];
  });
  if (problems.length > 0) {
    throw new UserError(problems.join("\n"));
  }
  return new Map(values);
}
