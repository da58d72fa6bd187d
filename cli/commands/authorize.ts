import { Command, Option } from "commander";

import { UserError } from "../../errors/userError";
import { decide, type Decision } from "../../local/service/authorization";
import { type IamRequest, type Ruled, textOf } from "../../local/service/policies";
import { collectParameter } from "../../terminal/options";
import { type JsonOption, stackDefault, withJson } from "../options";
import { print, type Terminal } from "../terminal";
import { stackProgram } from "../stackProgram";

type AuthorizeOptions = JsonOption & {
  readonly stack?: string;
  readonly configFile?: string;
  readonly context: ReadonlyMap<string, string>;
  readonly endpoint?: string;
};

/** The actors of a stack by role name. */
function actorsOf({ resources }: Ruled): ReadonlyMap<string, string> {
  const roles = resources.filter(({ type }) => type === "aws:iam/role:Role");
  return new Map(
    roles.map(({ inputs, name }) => [
      textOf(inputs["name"]),
      name === "network-flow-logs-role" ? "flowLogs" : name.replace(/^permissions-|-role$/g, ""),
    ]),
  );
}

/**
 * The actor that a word means: an actor as the docs name it, such as training, or the name or ARN of its role.
 * @throws UserError if the stack has no such role
 */
function actorOf(program: Ruled, role: string): string {
  const actors = actorsOf(program);
  const name = role.replace(/^arn:[\w-]+:iam::\d{12}:role\//, "");
  const found = actors.get(name) ?? [...actors.values()].find((one) => one === name);
  if (found === undefined) {
    throw new UserError(
      `stack ${program.stack} has no role ${role}; it has ${[...actors.values()].sort().join(", ")}`,
    );
  }
  return found;
}

/** The services for which the stack has a VPC endpoint with a policy. */
function endpointsOf({ resources }: Ruled): readonly string[] {
  return resources.flatMap(({ inputs, name, type }) =>
    type === "aws:ec2/vpcEndpoint:VpcEndpoint" && inputs["policy"] !== undefined
      ? [name.replace(/^network-/, "")]
      : [],
  );
}

/** The VPC endpoint that `--endpoint` names. */
function endpointOf(program: Ruled, endpoint: string | undefined): string | undefined {
  if (endpoint === undefined) {
    return undefined;
  }
  const known = endpointsOf(program);
  if (!known.includes(endpoint)) {
    throw new UserError(
      known.length === 0
        ? `--endpoint: stack ${program.stack} creates no VPC endpoints`
        : `--endpoint: ${endpoint} is not a VPC endpoint of stack ${program.stack}; it has ${known.join(", ")}`,
    );
  }
  return `network-${endpoint}`;
}

/** @throws UserError if the action or the resource is malformed */
function checkRequest(action: string, resource: string): void {
  if (!/^[a-z0-9-]+:[A-Za-z0-9]+$/.test(action)) {
    throw new UserError(`"${action}" is not an action (expected something like s3:GetObject)`);
  }
  if (resource !== "*" && !/^arn:[\w-]+:[\w-]+:[^:]*:[^:]*:.+$/.test(resource)) {
    throw new UserError(
      `"${resource}" is not a resource (expected an ARN such as arn:aws:s3:::bucket/key, or *)`,
    );
  }
}

/** A decision as text: AWS's message, and the statements that decided, or that would allow it under a condition. */
function explanation({ allowed, message, near, statements, user }: Decision): string {
  const deciding = statements.map(({ policy, statement }) => `  ${statement} of ${policy}`);
  if (allowed) {
    return [`Allowed, to ${user}, by`, ...deciding].join("\n");
  }
  const lines = [`Denied: ${message}`];
  if (deciding.length > 0) {
    lines.push("by", ...deciding);
  }
  for (const { conditions, policy, statement } of near) {
    lines.push(
      `${statement} of ${policy} would allow it if`,
      ...conditions.map((one) => `  ${one}`),
    );
  }
  return lines.join("\n");
}

async function authorizeRequest(
  role: string,
  request: Pick<IamRequest, "action" | "resource">,
  options: AuthorizeOptions,
  terminal: Terminal,
): Promise<number> {
  checkRequest(request.action, request.resource);
  const program = await stackProgram(options);
  const actor = actorOf(program, role);
  const asked: IamRequest = {
    ...request,
    context: Object.fromEntries(
      [...options.context].map(([key, value]) => [
        key,
        value.includes(",") ? value.split(",") : value,
      ]),
    ),
    endpoint: endpointOf(program, options.endpoint),
  };
  let decision: Decision;
  try {
    decision = await decide(program, actor, asked);
  } catch (error) {
    // The simulator knows all of AWS's actions and their resource types.
    throw new UserError(`the request cannot be decided: ${(error as Error).message}`);
  }
  const [service = ""] = request.action.split(":");
  const isOutside = options.endpoint === undefined && endpointsOf(program).includes(service);
  const hint = `\nJobs in the stack's network use its endpoint: add --endpoint ${service}`;
  print(
    terminal,
    options.json === true
      ? JSON.stringify({ role: actor, ...asked, ...decision })
      : explanation(decision) + (isOutside && !decision.allowed ? hint : ""),
  );
  return decision.allowed ? 0 : 1;
}

/** `authorize ROLE ACTION RESOURCE`: whether a stack's policies allow a request. */
export function authorize(terminal: Terminal): Command {
  return (
    withJson(new Command("authorize"))
      .description(
        "Explain, without an account, whether the policies of a stack's configuration allow a request, through which " +
          "statement, or what is missing. The account in ARNs is 111122223333. Exit code: 0 if the request is allowed, " +
          "1 if it is denied, 2 if it cannot be decided.",
      )
      .argument("<role>", "one of the stack's roles, such as training, or its full name or ARN")
      .argument("<action>", "such as s3:GetObject")
      .argument("<resource>", "an ARN, or * if the service supports none")
      .addOption(
        new Option(
          "--context <key=value>",
          "a condition key of the request, such as kms:ViaService, with comma-separated values; can be repeated",
        )
          .argParser(collectParameter)
          .default(new Map<string, string>(), "those of every request"),
      )
      .option(
        "--endpoint <name>",
        "the stack's VPC endpoint that the request goes through, such as s3 (default: none)",
      )
      .option("--stack <name>", `the stack (${stackDefault})`)
      .option("--config-file <path>", "the stack's configuration (default: Pulumi.<stack>.yaml)")
      // Accepted for consistency: it changes nothing.
      .addOption(new Option("--local").hideHelp())
      .action(async (role: string, action: string, resource: string, options: AuthorizeOptions) => {
        terminal.exit(await authorizeRequest(role, { action, resource }, options, terminal));
      })
  );
}
