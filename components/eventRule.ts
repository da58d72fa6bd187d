import * as cloudwatch from "@pulumi/aws/cloudwatch";
import * as pulumi from "@pulumi/pulumi";

interface EventRuleArgs {
  /** Physical name of the rule. */
  readonly name: string;
  readonly description: string;
  /** The events that it matches. */
  readonly pattern: pulumi.Input<object>;
  /** What it does with them. */
  readonly target: Omit<cloudwatch.EventTargetArgs, "rule">;
}

/**
 * A rule of EventBridge with its target. Not a component, so that the URNs of deployed rules do not change.
 *
 * @param name logical name of the rule; the target's begins with it
 */
export function eventRule(
  name: string,
  { description, name: ruleName, pattern, target }: EventRuleArgs,
  options: pulumi.CustomResourceOptions,
): void {
  const eventPattern = pulumi.jsonStringify(pattern);
  const rule = new cloudwatch.EventRule(
    name,
    { name: ruleName, description, eventPattern },
    options,
  );
  new cloudwatch.EventTarget(`${name}-target`, { rule: rule.name, ...target }, options);
}
