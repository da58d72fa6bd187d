import type { Cell } from "../../report/diagnosis";
import { type Records, result, step, trial, tuningStep } from "./records";

/** A name that does harm where it is not escaped. */
export const hostile = `<script>alert(1)</script>"'><img src=x onerror=alert(2)>&amp;`;

const parameter = `${hostile}parameter`;
const points = Array.from({ length: 50 }, (_, index) => index * 1000);

/** A cell of the report's grids with one row. */
const cell = (x: number, y: number): Cell => ({
  x0: x,
  x1: x + 1,
  y0: y,
  y1: y + 1,
  count: 1,
  mean: 10,
});

/** Records in which every name and text is hostile. */
export const hostileRecords: Records = {
  execution: {
    id: hostile,
    status: "Failed",
    failureReason: hostile,
    parameters: { [hostile]: hostile },
    steps: [
      result(`Tune${hostile}`, { type: "Tuning", detail: hostile }),
      result(hostile, { status: "Failed", failureReason: hostile, type: hostile }),
    ],
    winner: {
      name: hostile,
      group: hostile,
      version: 1,
      approvalStatus: hostile,
      r2: 0.5,
    },
  },
  trials: [
    ...points.map((value, number) =>
      trial(number, value + 1, {
        step: `Tune${hostile}`,
        objectiveMetric: hostile,
        hyperparameters: { [parameter]: hostile, "a[0].b": String(number), '"': "1" },
      }),
    ),
    trial(50, undefined, {
      step: `Tune${hostile}`,
      objectiveMetric: hostile,
      failureReason: hostile,
      reusedFrom: hostile,
    }),
  ],
  metrics: { [hostile]: { r2: 0.5, mse: 4, rmse: 2, mae: 1 } },
  steps: [
    Object.assign(
      tuningStep(`Tune${hostile}`, {
        ContinuousParameterRanges: [
          { Name: "a[0].b", ScalingType: "Logarithmic" },
          { Name: '"', ScalingType: "Auto" },
        ],
        CategoricalParameterRanges: [{ Name: parameter, Values: [hostile] }],
      }),
      { DisplayName: hostile },
    ),
    step(hostile, { Type: hostile, DependsOn: [`Tune${hostile}`] }),
  ],
  diagnoses: [
    {
      name: hostile,
      problem: hostile,
      splits: { train: { r2: 0.9, mse: 1, rmse: 1, mae: 1, rows: 5, isPart: false } },
      details: {
        rows: 50,
        isPart: false,
        predictedAgainstActual: points.map((value) => cell(value, value + 10)),
        residualAgainstPredicted: points.map((value) => cell(value, 10)),
        residuals: [{ start: 0, end: 20, count: 50 }],
        importance: { rows: 50, features: [{ name: hostile, fall: 0.5 }] },
        shap: {
          rows: 20,
          base: 1.5,
          isLog: false,
          features: [
            {
              name: hostile,
              mean: 0.25,
              points: [
                { value: 1, level: 0, offset: 0 },
                { value: 1, level: null, offset: 1 },
              ],
            },
          ],
        },
        shapProblem: hostile,
        interval: { confidence: 0.9, halfWidth: 2.5, rows: 20, covered: 0.875 },
        errorMap: points.map((value) => cell(value / 1000, value / 2000)),
      },
    },
  ],
  comparison: { name: hostile, rows: 50, differences: [{ name: hostile, low: 0, high: 1 }] },
  baseline: { column: hostile, r2: 0.25, rmse: 3, meanRmse: 4 },
  logs: { [hostile]: hostile },
};
