import { CostError } from "./executionCost";
import { hoursInMonth, type Prices } from "./prices";

/** Jobs on a schedule. */
interface Monitoring {
  readonly mode: "data-quality" | "drift";
  readonly schedule: "daily" | "hourly";
  readonly instanceType: string;
  readonly volumeGigabytes: number;
}

/** What the cost of a served model depends on: members of the configuration of the stack that serves it. */
export interface ServedEndpoint {
  readonly compute:
    | {
        readonly mode: "real-time";
        readonly instanceType: string;
        readonly minInstances: number;
        readonly maxInstances: number;
      }
    | {
        readonly mode: "serverless";
        readonly memoryMegabytes: number;
        readonly provisionedConcurrency: number;
      };
  readonly capturePercentage: number;
  readonly monitoring: Monitoring | { readonly mode: "none" };
}

/** The costs of a served model per month, of 730 hours. */
export interface EndpointCost {
  /** Without requests. */
  readonly month: number;
  /** With so many requests that it runs its maximum of instances. */
  readonly maxMonth: number;
  /** What it is made of, in words. */
  readonly parts: readonly string[];
  /** Costs that are not included, in words. */
  readonly notPriced: readonly string[];
}

/** Minutes of a job of monitoring, mostly for its start. An assumption. */
const jobMinutes = 5;

/** Alarms for failed and slow responses. */
const endpointAlarms = 2;

/**
 * The costs of a served model.
 * @throws CostError if an instance type has no price
 */
export function endpointCost(
  { capturePercentage, compute, monitoring }: ServedEndpoint,
  prices: Prices,
): EndpointCost {
  const hour = (type: string): number => {
    const price = new Map(Object.entries(prices.instanceHour)).get(type);
    if (price === undefined) {
      throw new CostError(`there is no price of ${type}; give one`);
    }
    return price;
  };
  const parts: string[] = [];
  const notPriced: string[] = [];
  const alarms = endpointAlarms + (monitoring.mode === "drift" ? 1 : 0);
  let month = alarms * prices.alarmMonth;
  let scaled = 0;
  if (compute.mode === "real-time") {
    const { instanceType, maxInstances: most, minInstances: least } = compute;
    month += least * hour(instanceType) * hoursInMonth;
    scaled = (most - least) * hour(instanceType) * hoursInMonth;
    parts.push(`${least === most ? least : `${least} to ${most}`} x ${instanceType}`);
  } else {
    const second = (compute.memoryMegabytes / 1024) * prices.serverlessGigabyteSecond;
    parts.push(`serverless, ${second.toFixed(6)} per second of answering requests`);
    if (compute.provisionedConcurrency > 0) {
      notPriced.push("provisioned concurrency");
    }
  }
  if (monitoring.mode !== "none") {
    const jobs = monitoring.schedule === "hourly" ? hoursInMonth : hoursInMonth / 24;
    const volume = (monitoring.volumeGigabytes * prices.volumeGigabyteMonth) / hoursInMonth;
    month += jobs * (jobMinutes / 60) * (hour(monitoring.instanceType) + volume);
    parts.push(
      `${Math.round(jobs)} ${monitoring.mode} jobs of ${jobMinutes} minutes on ${monitoring.instanceType}`,
    );
  }
  parts.push(`${alarms} alarms`);
  if (capturePercentage > 0) {
    notPriced.push(`S3 for ${capturePercentage} % of the requests`);
  }
  if (monitoring.mode === "data-quality") {
    notPriced.push("its alarms, one metric per feature");
  }
  return { month, maxMonth: month + scaled, parts, notPriced };
}
