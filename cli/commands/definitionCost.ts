import { readFileSync, statSync } from "node:fs";

import { Command } from "commander";
import { z } from "zod";

import { UserError } from "../../errors/userError";
import type * as ServingStacks from "../../offline/servingStacks";
import { stackConfig, stackNamed } from "../../offline/stackConfig";
import { standingCost, type StandingResources } from "../../offline/standing";
import {
  CostError,
  type ExecutionCost,
  executionCost,
  type Range,
} from "../../pipeline/cost/executionCost";
import { type EndpointCost, endpointCost } from "../../pipeline/cost/endpointCost";
import { hoursInMonth, ownPricesSchema, type Prices, pricesWith } from "../../pipeline/cost/prices";
import type { PipelineDefinition } from "../../pipeline/language/definition";
import { queryScanLimit } from "../../pipeline/query";
import { type Listing } from "../../terminal/listing";
import { typedPath } from "../../terminal/options";
import { type JobSeconds, latestJobSeconds } from "../../local/records/jobSeconds";
import { workspaceOf } from "../world";
import { type DefinitionOptions, isStack, namedDefinition } from "../namedDefinition";
import { stackProgram } from "../stackProgram";
import { print, printListing, type Terminal } from "../terminal";

/** The options, with the stack filled in. */
type PricedOptions = DefinitionOptions & { readonly stack: string };

/** A definition to price; for a stack's, with the stack's hourly cost. */
interface Priced {
  readonly cost: ExecutionCost;
  readonly standing?: StandingResources;
  /** Of what logs each execution, if anything does. */
  readonly logging?: Range;
}

/** Reads the prices of a document. */
function ownPrices(document: string, where: string): z.output<typeof ownPricesSchema> {
  let value: unknown;
  try {
    value = JSON.parse(document);
  } catch {
    throw new UserError(`${where}: is not JSON`);
  }
  const { data, error } = ownPricesSchema.safeParse(value);
  if (data === undefined) {
    throw new UserError(`${where}: ${z.prettifyError(error)}`);
  }
  return data;
}

/** The prices from a file, or from the stack's configuration if none is given. */
function pricesOf({ configFile, stack }: PricedOptions, file: string | undefined): Prices {
  if (file !== undefined) {
    if (statSync(typedPath(file), { throwIfNoEntry: false })?.isDirectory() !== false) {
      throw new UserError(`--prices: file does not exist: ${typedPath(file)}`);
    }
    return pricesWith(ownPrices(readFileSync(typedPath(file), "utf8"), file));
  }
  const path = configFile === undefined ? undefined : typedPath(configFile);
  const configured = stackConfig(stack, path)["restate:prices"] ?? "{}";
  return pricesWith(ownPrices(configured, "restate:prices"));
}

/** What a cost depends on besides the definition. */
interface Basis {
  readonly prices: Prices;
  /** Durations of jobs, measured on this machine. */
  readonly measured: JobSeconds | undefined;
}

function price(definition: PipelineDefinition, { measured, prices }: Basis): ExecutionCost {
  try {
    return executionCost(definition, {
      prices,
      queryBytes: queryScanLimit,
      seconds: measured?.seconds,
    });
  } catch (error) {
    throw error instanceof CostError ? new UserError(error.message) : error;
  }
}

/** @param word names a definition. Default: that of the options */
async function priceOf(
  word: string | undefined,
  basis: Basis,
  options: PricedOptions,
): Promise<Priced> {
  if (word !== undefined && !isStack(word)) {
    return { cost: price(await namedDefinition(word, options.stack), basis) };
  }
  const isGiven = word === undefined || word === options.stack;
  const program = await stackProgram(isGiven ? options : { stack: word });
  const { definition, loggingDefinition, standing } = program;
  const cost = price(definition, basis);
  if (loggingDefinition === undefined) {
    return { cost, standing };
  }
  const { likely, low, worst } = price(loggingDefinition, basis);
  return { cost, standing, logging: { low, likely, worst } };
}

/** An amount of money with cents, or "no limit". */
function amount(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2) : "no limit";
}

function change(before: number, after: number): string {
  const difference = after - before;
  return Number.isFinite(difference) ? `${difference < 0 ? "" : "+"}${difference.toFixed(2)}` : "-";
}

/** The table of one execution's steps. */
function costListing({ low, likely, steps, worst }: ExecutionCost): Listing {
  const amounts = (range: Range): string[] => [range.low, range.likely, range.worst].map(amount);
  return {
    head: ["Step", "Jobs", "On", "Low", "Likely", "Worst"],
    rows: [
      ...steps.map((step) => [step.step, step.jobs, step.resources, ...amounts(step)]),
      ["an execution", "", "", ...amounts({ low, likely, worst })],
    ],
    items: steps,
  };
}

/** The table of what changes between two definitions, without the steps that cost the same. */
function changeListing(before: ExecutionCost, after: ExecutionCost): Listing {
  const nothing: Range = { low: 0, likely: 0, worst: 0 };
  const names = [...new Set([...before.steps, ...after.steps].map(({ step }) => step))];
  const row = (name: string, one: Range, other: Range): string[] => [
    name,
    change(one.low, other.low),
    change(one.likely, other.likely),
    change(one.worst, other.worst),
    amount(other.worst),
  ];
  const of = (cost: ExecutionCost, name: string): Range =>
    cost.steps.find(({ step }) => step === name) ?? nothing;
  return {
    head: ["Step", "Low", "Likely", "Worst", "Worst now"],
    rows: [
      ...names
        .map((name) => row(name, of(before, name), of(after, name)))
        .filter(([, ...changes]) => changes.slice(0, 3).some((one) => !/^[+-]0\.00$/.test(one))),
      row("an execution", before, after),
    ],
    items: [{ before, after }],
  };
}

/** What a stack costs while nothing runs, with those that serve its models. */
interface RestCost {
  readonly hour: number;
  readonly month: number;
  readonly serving: readonly (EndpointCost & { readonly file: string })[];
}

function restCost(stack: string, standing: StandingResources, prices: Prices): RestCost {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loads Pulumi, so only when it is needed
  const { servingStacks } = require("../../offline/servingStacks") as typeof ServingStacks;
  const hour = standingCost(standing, prices);
  const serving = servingStacks(stack).map(({ file, settings }) => {
    try {
      return { file, ...endpointCost(settings, prices) };
    } catch (error) {
      throw error instanceof CostError ? new UserError(`${file}: ${error.message}`) : error;
    }
  });
  return { hour, month: hour * hoursInMonth, serving };
}

/** The costs at rest, a line each. */
function restLines({ hour, month, serving }: RestCost): readonly string[] {
  const total = serving.reduce((sum, one) => sum + one.month, month);
  return [
    `The stack costs ${hour.toFixed(3)} per hour when idle, ${amount(month)} per month.`,
    ...serving.map((one) => {
      const most = one.maxMonth > one.month ? `, up to ${amount(one.maxMonth)} with requests` : "";
      const without =
        one.notPriced.length === 0 ? "" : `; not included: ${one.notPriced.join(", ")}`;
      return (
        `Serving by ${one.file} costs ${amount(one.month)} per month when idle${most}: ` +
        `${one.parts.join(", ")}${without}.`
      );
    }),
    ...(serving.length === 0 ? [] : [`At rest, that is ${amount(total)} per month in total.`]),
  ];
}

interface CostOptions {
  readonly json?: boolean;
  readonly prices?: string;
  readonly workFolder?: string;
}

/** `definition cost`: what an execution costs, and how a change affects it. */
export function cost(terminal: Terminal, options: () => DefinitionOptions): Command {
  return new Command("cost")
    .description(
      "Print the cost of an execution, step by step: minimum, likely, and maximum (each job runs to its time limit, with " +
        "all retries). With two definitions, print the change from one to the other. Each is a file, a stack, or a git " +
        "revision.",
    )
    .argument("[before]", "a file, a stack, or a git revision (default: the stack's)")
    .argument("[after]", "another, to print the difference")
    .option("--prices <file>", "prices as JSON, instead of pipeline/cost/listPrices.json")
    .option(
      "--work-folder <path>",
      "work folder with the measured times of local runs (default: .local)",
    )
    .option("--json", "print JSON")
    .action(
      async (
        before: string | undefined,
        after: string | undefined,
        { json, prices: file, workFolder }: CostOptions,
      ) => {
        const given = { ...options(), stack: stackNamed(options()) };
        const prices = pricesOf(given, file);
        const measured = latestJobSeconds(
          workspaceOf(workFolder === undefined ? {} : { workFolder }),
        );
        const basis: Basis = { prices, measured };
        const first = await priceOf(before, basis, given);
        const second = after === undefined ? undefined : await priceOf(after, basis, given);
        const shownStack = after ?? before ?? given.stack;
        const { logging, standing } = second ?? first;
        const rest = standing && restCost(shownStack, standing, prices);
        const listing =
          second === undefined ? costListing(first.cost) : changeListing(first.cost, second.cost);
        if (json === true) {
          const { source, date, region, currency } = prices;
          print(
            terminal,
            JSON.stringify({
              prices: { source, date, region, currency },
              ...(second === undefined ? first : { before: first, after: second }),
              ...(rest === undefined ? {} : { atRest: rest }),
            }),
          );
          return;
        }
        printListing(terminal, listing);
        print(
          terminal,
          `${prices.currency}, on demand in ${prices.region} on ${prices.date}. Not included: usage charges of S3, ` +
            "KMS, CloudWatch and the network, and retries of failed executions (docs/costs.md).",
        );
        const { cost: shown } = second ?? first;
        if (measured !== undefined && shown.steps.some(({ step }) => measured.seconds.has(step))) {
          print(
            terminal,
            `Low and likely use the job times of execution ${measured.executionId} on this machine.`,
          );
        }
        shown.notPriced.forEach((text) => {
          print(terminal, `Not included: ${text}.`);
        });
        if (logging !== undefined) {
          print(
            terminal,
            `Logging to MLflow costs ${amount(logging.likely)} after each execution and approval, at most ` +
              `${amount(logging.worst)}.`,
          );
        }
        (rest === undefined ? [] : restLines(rest)).forEach((line) => {
          print(terminal, line);
        });
      },
    );
}
