import { UserError } from "../../errors/userError";
import { JobError } from "./jobs";
import { PythonService } from "./python";

type Answer = Record<string, Record<string, unknown>>;

/** The search of a tuning job. */
export interface Search {
  /** Name of the tuning job. */
  readonly tuning: string;
  readonly strategy: string;
  readonly objectiveType: string;
  /** In the form of CreateHyperParameterTuningJob. */
  readonly parameterRanges: object;
  readonly seed: number;
  readonly maxJobs: number;
  /** Trials of other tuning jobs that it starts from. */
  readonly earlier: readonly EarlierTrial[];
}

/** A trial of an earlier tuning job. */
export interface EarlierTrial {
  readonly hyperparameters: Readonly<Record<string, string>>;
  /** Its objective. */
  readonly value: number;
}

/** Suggests hyperparameters, in a Python process with the searches of all tuning jobs. */
export class Tuner {
  private service: PythonService | undefined;
  private isClosed = false;
  private readonly waiting: {
    readonly resolve: (answer: Answer) => void;
    readonly reject: (error: Error) => void;
  }[] = [];

  /** @param isExpected whether there will be a search; default: unknown */
  constructor(private readonly isExpected = false) {}

  /** Starts the process early if a search is expected, because its libraries take seconds to load. */
  warmUp(): void {
    if (this.isExpected) {
      this.start();
    }
  }

  /**
   * Begins a search.
   * @returns how many of the earlier trials are within its ranges: it starts from these
   * @throws UserError if SageMaker would refuse a range
   */
  async open(search: Search): Promise<number> {
    return Number((await this.request({ open: search }))["opened"]?.["earlier"]);
  }

  /** The hyperparameters of a trial. */
  async ask(tuning: string, trial: number): Promise<Record<string, string>> {
    const answer = await this.request({ ask: { tuning, trial } });
    return answer["trial"]?.["hyperparameters"] as Record<string, string>;
  }

  /** Reports the objective of a trial; undefined if it failed. */
  async tell(tuning: string, trial: number, value: number | undefined): Promise<void> {
    await this.request({ tell: { tuning, trial, value: value ?? null } });
  }

  async close(): Promise<void> {
    this.isClosed = true;
    const { service } = this;
    this.service = undefined;
    await service?.leave(this.waiting.length === 0);
    this.fail("stopped");
  }

  private start(): PythonService {
    this.service ??= PythonService.start("local.standins.tuner.server", {
      receive: (message) => {
        // The tuner answers in order.
        this.waiting.shift()?.resolve(message as Answer);
      },
      failed: (error) => {
        this.service = undefined; // The next request starts the process again, and reports its failure.
        this.fail(error.message);
      },
    });
    return this.service;
  }

  private async request(request: unknown): Promise<Answer> {
    if (this.isClosed) {
      throw new JobError("stopped");
    }
    const service = this.start();
    const answer = await new Promise<Answer>((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      service.send(request);
    });
    if (answer["error"] !== undefined) {
      throw new UserError(String(answer["error"]["message"]));
    }
    return answer;
  }

  private fail(reason: string): void {
    for (const { reject } of this.waiting.splice(0)) {
      reject(new JobError(reason));
    }
  }
}
