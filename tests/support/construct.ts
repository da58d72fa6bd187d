import * as pulumi from "@pulumi/pulumi";

import { exampleAccountId } from "../../offline/exampleAccount";
import { ExampleAccount, withoutStacks } from "../../offline/program";
import type { Json, JsonObject } from "../../pipeline/language/json";
import { isObject } from "../../pipeline/language/json";

/** A component that was constructed by itself. */
export interface Constructed<Component> {
  readonly component: Component;
  /** The inputs of what it registered, itself left out, by the short form of type and name: `iam/role pipeline`. */
  readonly registered: Readonly<Record<string, JsonObject>>;
  /** What is protected from deletion, and left in the account should it leave the program. */
  readonly kept: readonly string[];
}

/** The account that components are constructed in. */
export const account = {
  accountId: pulumi.output(exampleAccountId),
  partition: pulumi.output("aws"),
  dnsSuffix: pulumi.output("amazonaws.com"),
  region: "us-east-1",
};

/** A value with text that is JSON parsed, and secrets as `{ secret: value }`. */
function parsed(value: Json): Json {
  if (typeof value === "string" && value.startsWith("{") && value.endsWith("}")) {
    return JSON.parse(value) as Json;
  }
  if (Array.isArray(value)) {
    return value.map(parsed);
  }
  if (isObject(value) && value[pulumi.runtime.specialSigKey] === pulumi.runtime.specialSecretSig) {
    return { secret: parsed(value["value"] ?? null) };
  }
  return isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([key, member]) => [key, parsed(member)]))
    : value;
}

/** The short form of a resource's type, with its name: `iam/role pipeline`. */
function label(type: string, name: string): string {
  return `${type.replace(/^aws:(.*):\w+$/, "$1")} ${name}`;
}

/**
 * Constructs a component by itself, in an account that answers as AWS would.
 *
 * @param make makes the component, with the options that it is given
 */
export async function construct<Component extends pulumi.Resource>(
  make: (options: pulumi.ComponentResourceOptions) => Component,
): Promise<Constructed<Component>> {
  const mocks = new ExampleAccount(account.region);
  await pulumi.runtime.setMocks(mocks, "restate", "test", false);
  const options = new Map<string, pulumi.ResourceOptions>();
  let itself: string | undefined;
  const record: pulumi.ResourceTransformation = ({ name, opts, type }) => {
    itself ??= label(type, name);
    options.set(label(type, name), opts);
    return undefined;
  };
  const component = await withoutStacks(async () => {
    const made = make({ transformations: [record] });
    await pulumi.runtime.disconnect(false);
    return made;
  });
  const children = mocks.resources
    .map(({ inputs, name, type }) => [label(type, name), parsed(inputs) as JsonObject] as const)
    .filter(([name]) => name !== itself)
    .sort(([left], [right]) => (left < right ? -1 : 1));
  return {
    component,
    registered: Object.fromEntries(children),
    kept: children
      .map(([name]) => name)
      .filter((name) => options.get(name)?.protect && options.get(name)?.retainOnDelete),
  };
}

/** The value of an output. */
export function valueOf<Value>(output: pulumi.Output<Value>): Promise<Value> {
  return new Promise((done) => {
    output.apply(done);
  });
}
