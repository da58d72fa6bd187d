/** Prints the policies of all roles that the program can be asked for, by name, as one JSON object. */

import { californiaHousing } from "../../pipeline/californiaHousing";
import { program } from "./definitions";

void program({
  network: { mode: "create", flowLogs: true },
  crawler: "on-demand",
  dataset: { ...californiaHousing, partitions: [{ name: "year", type: "int" }] },
  deployers: ["repo:team/houses:environment:prod"],
  permissionsBoundary: "arn:aws:iam::111122223333:policy/limit",
  encryptCatalog: true,
  forceDestroy: true,
  protect: false,
  dataQualityBaseline: true,
}).then(({ resources }) => {
  const policies = resources.flatMap(({ inputs, name, type }) =>
    ["aws:iam/policy:Policy", "aws:iam/rolePolicy:RolePolicy"].includes(type)
      ? [[name, inputs["policy"]]]
      : [],
  );
  process.stdout.write(JSON.stringify(Object.fromEntries(policies)));
});
