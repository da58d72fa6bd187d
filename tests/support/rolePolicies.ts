/** Prints the policies of all roles that the program can be asked for, by name, as one JSON object. */

import { program } from "./definitions";

void program({
  network: { mode: "create", flowLogs: true },
  schedule: "rate(7 days)",
  dataQualityBaseline: true,
}).then(({ resources }) => {
  const policies = resources.flatMap(({ inputs, name, type }) =>
    type === "aws:iam/rolePolicy:RolePolicy" ? [[name, inputs["policy"]]] : [],
  );
  process.stdout.write(JSON.stringify(Object.fromEntries(policies)));
});
