import { type Calls, callsBy, certain } from "./call";
import { everyJob } from "./everyJob";
import { reads, writes } from "./storage";

const rollbackAlarms = certain(
  'SageMaker guide, "Auto-Rollback Configuration and Monitoring"; CloudWatch guide, "Amazon CloudWatch ' +
    'permissions reference" (alarms made of others need "*", as in aws/aws-cdk#29171)',
);

/** An endpoint: reads its model, captures requests and responses, and checks the alarms that roll an update back. */
export const serving: Calls = (stack, job) => {
  const { candidate, endpoint, execution, name } = job;
  return [
    ...everyJob(stack, "serving", `Endpoints/${endpoint}`, job),
    ...reads(stack, "serving", [
      `models/${candidate}/${name}/output/model.tar.gz`,
      ...(stack.servesRawRows ? [`models/row-encoders/${execution}/model.tar.gz`] : []),
    ]),
    ...writes(stack, "serving", [`endpoints/${endpoint}/capture/2020/01/01/00/requests.jsonl`]),
    callsBy("serving")(["cloudwatch:DescribeAlarms"], ["*"], rollbackAlarms),
  ];
};
