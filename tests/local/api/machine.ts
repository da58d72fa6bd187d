import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

import {
  CreatePipelineCommand,
  DescribePipelineExecutionCommand,
  type DescribePipelineExecutionCommandOutput,
  ListPipelineExecutionStepsCommand,
  type PipelineExecutionStep,
  type SageMakerClient,
  StartPipelineExecutionCommand,
  type StartPipelineExecutionCommandInput,
} from "@aws-sdk/client-sagemaker";

import type { World } from "../../../local/api/world";
import { temporaryFolder } from "../../support/localRun";
import { localWorld, sageMakerOf } from "../../support/localWorld";

export const RoleArn = "arn:aws:iam::111122223333:role/team";

/** A machine's API in a folder of its own, with what most tests ask it for. */
export class Machine {
  readonly folder = temporaryFolder();
  readonly world: World = localWorld(join(this.folder, "work"));
  readonly client: SageMakerClient = sageMakerOf(this.world);

  constructor() {
    after(() => this.world.close());
  }

  async pipeline(name: string, definition: string): Promise<void> {
    await this.client.send(
      new CreatePipelineCommand({ PipelineName: name, PipelineDefinition: definition, RoleArn }),
    );
  }

  /** Starts an execution; returns its ARN. */
  async start(
    PipelineName: string,
    more: Partial<StartPipelineExecutionCommandInput> = {},
  ): Promise<string> {
    const { PipelineExecutionArn = "" } = await this.client.send(
      new StartPipelineExecutionCommand({ PipelineName, ...more }),
    );
    return PipelineExecutionArn;
  }

  describe(PipelineExecutionArn: string): Promise<DescribePipelineExecutionCommandOutput> {
    return this.client.send(new DescribePipelineExecutionCommand({ PipelineExecutionArn }));
  }

  /** The status of an execution, once it has ended. */
  async ended(execution: string): Promise<string> {
    for (;;) {
      const { PipelineExecutionStatus: status = "" } = await this.describe(execution);
      if (status !== "Executing" && status !== "Stopping") {
        return status;
      }
      await wait(20);
    }
  }

  async steps(PipelineExecutionArn: string): Promise<readonly PipelineExecutionStep[]> {
    const { PipelineExecutionSteps: found = [] } = await this.client.send(
      new ListPipelineExecutionStepsCommand({ PipelineExecutionArn, SortOrder: "Ascending" }),
    );
    return found;
  }

  /** The statuses of an execution's steps, by their names. */
  async statesOf(execution: string): Promise<Readonly<Record<string, string>>> {
    return Object.fromEntries(
      (await this.steps(execution)).map(({ StepName = "", StepStatus = "" }) => [
        StepName,
        StepStatus,
      ]),
    );
  }
}
