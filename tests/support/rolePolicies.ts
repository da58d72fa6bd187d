/** Prints the policies of all roles that the program can be asked for, by stack and name, as one JSON object. */

import type { Json } from "../../pipeline/language/json";
import { californiaHousing } from "../../pipeline/californiaHousing";
import { type Config, program } from "./definitions";

const everything: Config = {
  network: { mode: "create", flowLogs: true },
  crawler: "on-demand",
  dataset: { ...californiaHousing, partitions: [{ name: "year", type: "int" }] },
  deployers: ["repo:team/houses:environment:prod"],
  permissionsBoundary: "arn:aws:iam::111122223333:policy/limit",
  dataQualityBaseline: true,
  driftReference: true,
  tracking: "both",
  mlflowLogging: "outside-network",
};

// An encrypted catalogue and a stack that can be destroyed with its data exclude each other.
const stacks: Readonly<Record<string, Config>> = {
  kept: { ...everything, encryptCatalog: true },
  disposable: { ...everything, forceDestroy: true, protect: false },
};

async function policies(stack: string, config: Config): Promise<readonly [string, Json][]> {
  const { resources } = await program(config);
  return resources.flatMap(({ inputs, name, type }): [string, Json][] => {
    const isPolicy = ["aws:iam/policy:Policy", "aws:iam/rolePolicy:RolePolicy"].includes(type);
    return isPolicy ? [[`${stack} ${name}`, inputs["policy"] ?? null]] : [];
  });
}

async function print(): Promise<void> {
  const all: Record<string, Json> = {};
  // One after another: the mocks of a program are the process's.
  for (const [stack, config] of Object.entries(stacks)) {
    Object.assign(all, Object.fromEntries(await policies(stack, config)));
  }
  process.stdout.write(JSON.stringify(all));
}

void print();
