import { createHash } from "node:crypto";
import { join } from "node:path";

import { stackNames } from "../../contract/names";
import type { Program } from "../../offline/program";
import type { PipelineDefinition, Step } from "../../pipeline/language/definition";
import { evaluate } from "../../pipeline/language/evaluate";
import type { Expression } from "../../pipeline/language/expressions";
import { isObject } from "../../pipeline/language/json";
import { hashJson } from "../caching/contentHash";
import type { Obedience } from "../records/executionDocument";
import { propertyFileUri } from "../records/propertyFiles";
import { readChecked, writeChecked } from "../storage/files";
import { decide } from "../service/authorization";
import type { Call } from "../service/calls";
import { type IamRequest, rulingResources, textOf, throughEndpoint } from "../service/policies";
import { stackOf } from "../service/stack";
import { stepCalls } from "../service/stepCalls";
import { type Execution, StepFailure } from "./execution";

/** The role ARNs in a definition, in arguments of steps and defaults of parameters. */
function rolesIn(definition: PipelineDefinition): readonly string[] {
  return [
    ...new Set(
      JSON.stringify(definition).match(/arn:[\w-]+:iam::\d{12}:role\/[\w+=,.@/-]+/g) ?? [],
    ),
  ];
}

/** ARNs of a stack's roles. */
export function ownRoles({
  accountId,
  stack,
}: Pick<Program, "accountId" | "stack">): ReadonlySet<string> {
  const { roleNames } = stackNames(stack);
  return new Set(Object.values(roleNames).map((name) => `arn:aws:iam::${accountId}:role/${name}`));
}

/**
 * Whether an execution of a definition is checked against the stack's policies. Without the stack's roles, a definition's
 * permissions are unknown.
 *
 * @param isAsked false if the user turned it off
 * @param pipelineRole ARN of the execution's own role. Default: the stack's
 */
export function obedienceOf(
  program: Pick<Program, "accountId" | "stack">,
  definition: PipelineDefinition,
  isAsked: boolean,
  pipelineRole?: string,
): Obedience {
  if (!isAsked) {
    return "not checked: turned off";
  }
  const own = ownRoles(program);
  const roles = [...rolesIn(definition), pipelineRole ?? []].flat();
  return roles.length > 0 && !roles.some((role) => own.has(role))
    ? "not checked: roles of others"
    : "checked";
}

/** The S3 URIs of the documents that `Std:JsonGet` reads, anywhere in a value. */
function documentsIn(
  value: unknown,
  uriOf: (step: string, file: string) => string | undefined,
  evaluated: (uri: Expression) => string,
): readonly string[] {
  if (Array.isArray(value)) {
    return value.flatMap((one) => documentsIn(one, uriOf, evaluated));
  }
  if (!isObject(value)) {
    return [];
  }
  const { "Std:JsonGet": jsonGet, ...rest } = value;
  const found: string[] = [];
  if (isObject(jsonGet)) {
    const { PropertyFile: reference, S3Uri: uri } = jsonGet;
    const get = isObject(reference) ? textOf(reference["Get"]) : "";
    const [, step = "", file = ""] = /^Steps\.([^.]+)\.PropertyFiles\.(.+)$/.exec(get) ?? [];
    const path = uri === undefined ? uriOf(step, file) : evaluated(uri as Expression);
    found.push(...(path === undefined ? [] : [path]));
  }
  return [...found, ...Object.values(rest).flatMap((one) => documentsIn(one, uriOf, evaluated))];
}

/** The cached answers of policies. */
interface AllowedRequests {
  /** Hash of the policies. */
  readonly policies: string;
  /** Hashes of the requests. */
  readonly allowed: readonly string[];
}

/** Checks the steps of an execution against the stack's policies. */
export class Authorization {
  private readonly stack;
  /** File of cached answers: computing those of a run takes a second. */
  private readonly path: string;
  private readonly policies: string;
  private readonly allowed: Set<string>;

  /** @param folder folder of cached answers */
  constructor(
    private readonly program: Program,
    private readonly definition: PipelineDefinition,
    folder: string,
  ) {
    this.stack = stackOf(program, program.dataset.kmsKeyArn);
    this.path = join(folder, `authorization-${program.stack}.json`);
    this.policies = hashJson(rulingResources(program));
    const kept = readChecked(this.path) as AllowedRequests | undefined;
    this.allowed = new Set(kept?.policies === this.policies ? kept.allowed : []);
  }

  /**
   * Checks that the stack's policies allow AWS's calls for a step.
   *
   * @param request the step's arguments, without expressions; those of a Condition do not matter
   * @throws StepFailure for the first denied call, in AWS's words, with the evidence for the call
   */
  async check(
    { described, id, scope }: Pick<Execution, "described" | "id" | "scope">,
    step: Step,
    request: object = {},
  ): Promise<void> {
    const { Name: name, Type: type } = step;
    const read = type === "Condition" ? step.Arguments.Conditions : step.Arguments;
    const { ModelName: modelName } = request as { readonly ModelName?: string };
    const model = [...described.values()].find(
      (one) => modelName !== undefined && one["ModelName"] === modelName,
    );
    const calls = stepCalls(this.stack, {
      type,
      request,
      step: name,
      execution: id,
      propertyFiles: documentsIn(
        read,
        (other, file) => propertyFileUri(this.definition, described, other, file),
        (uri) => String(evaluate({ uri }, scope).uri),
      ),
      model,
    });
    const { size } = this.allowed;
    for (const call of calls) {
      for (const action of call.actions) {
        for (const resource of call.resources) {
          await this.ask(name, call, this.requestOf(call, action, resource), id);
        }
      }
    }
    if (this.allowed.size > size) {
      const document: AllowedRequests = { policies: this.policies, allowed: [...this.allowed] };
      writeChecked(this.path, document);
    }
  }

  private requestOf(call: Call, action: string, resource: string): IamRequest {
    const { context = {}, endpoint } = call;
    const passed = endpoint === undefined ? {} : throughEndpoint(this.program, endpoint);
    return { action, resource, ...passed, context: { ...context, ...passed.context } };
  }

  private async ask(
    step: string,
    { actor, evidence }: Call,
    request: IamRequest,
    execution: string,
  ): Promise<void> {
    // Policies do not distinguish executions, so all have the same permissions.
    const asked = JSON.stringify([actor, request]).replaceAll(execution, "EXECUTION");
    const key = createHash("sha256").update(asked).digest("hex").slice(0, 24);
    if (this.allowed.has(key)) {
      return;
    }
    const { allowed, message } = await decide(this.program, actor, request);
    if (!allowed) {
      throw new StepFailure(
        step,
        `${message}. The ${actor} role of stack ${this.program.stack} needs it, which is ${evidence.certainty}; ` +
          `source: ${evidence.source}`,
      );
    }
    this.allowed.add(key);
  }
}
