/**
 * Time to render and check a definition, and its size, by the number of candidates. The baseline is `JSON.stringify`
 * of the finished definition: no renderer can be faster.
 */

import { candidatesSchema, defaultCandidates } from "../pipeline/candidates";
import { check } from "../pipeline/language/check";
import { californiaHousing } from "../pipeline/californiaHousing";
import { datasetSchema } from "../pipeline/datasetSchema";
import { pipelineDefinition } from "../pipeline/definition";
import type { DefinitionArgs } from "../pipeline/definitionArgs";
import { withPlaceholders } from "../pipeline/placeholders";
import { canonicalJson } from "../pipeline/language/canonicalJson";

const counts = [2, 10, 100];
const runs = 15;

function definitionArgs(count: number): DefinitionArgs {
  return withPlaceholders({
    region: "us-east-1",
    dataset: datasetSchema.parse(californiaHousing),
    candidates: candidatesSchema.parse(
      Array.from({ length: count }, (_, index) => ({
        ...defaultCandidates[index % 2],
        name: `Candidate${index}`,
      })),
    ),
    parameters: {
      processingInstanceType: "ml.m5.4xlarge",
      processingInstanceCount: 1,
      trainingInstanceType: "ml.m5.xlarge",
      modelApprovalStatus: "PendingManualApproval",
      minimumR2: 0,
    },
    dataQualityBaseline: false,
  });
}

/** The median time of several runs after a warm-up, in milliseconds. */
function median(work: () => unknown): number {
  work();
  const times = Array.from({ length: runs }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  }).sort((left, right) => left - right);
  return times[Math.floor(runs / 2)] ?? Number.NaN;
}

console.log(
  "| Candidates | Render, ms | Check, ms | Render / JSON.stringify | Size, KiB | KiB per candidate |",
);
console.log("| ---: | ---: | ---: | ---: | ---: | ---: |");
for (const count of counts) {
  const args = definitionArgs(count);
  const definition = pipelineDefinition(args);
  const render = median(() => canonicalJson(pipelineDefinition(args)));
  const size = canonicalJson(definition).length / 1024;
  const cells = [
    String(count),
    render.toFixed(2),
    median(() => check(definition)).toFixed(2),
    (render / median(() => JSON.stringify(definition))).toFixed(1),
    size.toFixed(1),
    (size / count).toFixed(1),
  ];
  console.log(`| ${cells.join(" | ")} |`);
}
