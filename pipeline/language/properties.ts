import type { Step } from "./definition";
import { propertyShapes, shapeOf } from "./definitionShapes";
import type { Path } from "./expressions";
import { nearest } from "./nearest";

/** The type of a parameter or of a value in an expression. */
export type ValueType = "Boolean" | "Float" | "Integer" | "String";

/** The target of a reference to a step's property, `unknown` if it is not known beforehand. */
type Property =
  | { readonly kind: "unknown" }
  | { readonly kind: "value"; readonly type: ValueType }
  | { readonly kind: "wrong"; readonly problem: string };

const unknown: Property = { kind: "unknown" };

/** The types of the values of shapes that are plain values. */
export const valueTypes: Readonly<Partial<Record<string, ValueType>>> = {
  boolean: "Boolean",
  double: "Float",
  float: "Float",
  integer: "Integer",
  long: "Integer",
  string: "String",
};

/** The properties of the steps that check a baseline. Source: sagemaker.workflow of the Python SDK. */
const baselineProperties = [
  "BaselineUsedForDriftCheckConstraints",
  "BaselineUsedForDriftCheckStatistics",
  "CalculatedBaselineConstraints",
  "CalculatedBaselineStatistics",
];

function wrong(step: Step, key: string | number, names: readonly string[]): Property {
  const near = nearest(String(key), names);
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  return { kind: "wrong", problem: `step "${step.Name}" has no property "${key}"${hint}` };
}

/** Follows a path in the responses of the calls that describe a step's job. */
function describedProperty(step: Step, path: Path): Property {
  const [first = "", ...rest] = path;
  const roots = propertyShapes(step.Type).map(shapeOf);
  let name = roots.flatMap(({ members }) => members?.[first] ?? [])[0];
  if (name === undefined) {
    return wrong(
      step,
      first,
      roots.flatMap(({ members }) => Object.keys(members ?? {})),
    );
  }
  for (const key of rest) {
    const { member, members, type, value } = shapeOf(name);
    // `Outputs['train']` names the output of a list by its own name.
    const next: string | undefined =
      type === "list" ? member : type === "map" ? value : members?.[key];
    if (next === undefined) {
      return wrong(step, key, Object.keys(members ?? {}));
    }
    name = next;
  }
  const { type } = shapeOf(name);
  const value = valueTypes[type];
  if (value !== undefined) {
    return { kind: "value", type: value };
  }
  return type === "timestamp"
    ? unknown
    : {
        kind: "wrong",
        problem: `property "${path.join(".")}" of step "${step.Name}" is a ${type}, not a plain value`,
      };
}

/** The target of a reference to a step's property, by the kind of step. */
export function property(step: Step, path: Path): Property {
  const [first = "", second] = path;
  switch (step.Type) {
    case "ClarifyCheck":
    case "QualityCheck":
      return baselineProperties.includes(String(first))
        ? { kind: "value", type: "String" }
        : wrong(step, first, baselineProperties);
    case "Callback":
    case "Lambda": {
      const outputs = step.OutputParameters ?? [];
      const output = outputs.find(({ OutputName: name }) => name === second);
      if (first !== "OutputParameters") {
        return wrong(step, first, ["OutputParameters"]);
      }
      return output === undefined
        ? wrong(
            step,
            second ?? "",
            outputs.map(({ OutputName: name }) => name),
          )
        : { kind: "value", type: output.OutputType as ValueType };
    }
    case "Model":
    case "Processing":
    case "RegisterModel":
    case "Training":
    case "Transform":
    case "Tuning":
      return describedProperty(step, path);
    default:
      return unknown;
  }
}
