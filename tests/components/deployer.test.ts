import { deepEqual, equal, ok } from "node:assert/strict";

import type { Program } from "../../offline/program";
import type { JsonObject } from "../../pipeline/language/json";
import { text } from "../support/json";
import { Deployer } from "../../components/deployer";
import { californiaHousing } from "../../pipeline/californiaHousing";
import { construct, valueOf } from "../support/construct";
import { type Config, program } from "../support/definitions";
import { stackScope } from "../support/stackScope";

const boundary = "arn:aws:iam::111122223333:policy/limit";
const subjects = ["repo:team/houses:environment:test", "repo:team/houses:ref:refs/heads/main"];

/** Most characters of a managed policy, without white space. Source: IAM's quotas. */
const maxPolicyLength = 6144;
/** Most characters of a role's inline policies in all. Source: IAM's quotas. */
const maxInlineLength = 10240;

describe("the deployer", () => {
  let evaluated: Program;
  const evaluate = async (config: Config = {}): Promise<void> => {
    evaluated = await program({ deployers: subjects, permissionsBoundary: boundary, ...config });
  };
  const ofType = (type: string): readonly JsonObject[] =>
    evaluated.resources
      .filter((one) => one.type === type && one.name.startsWith("deployer"))
      .map(({ inputs }) => inputs);

  it("does not exist by default", async () => {
    evaluated = await program();
    deepEqual(
      evaluated.resources.filter(({ name }) => name.startsWith("deployer")),
      [],
    );
  });

  it("is a role with the boundary, which only the configured workflows can assume", async () => {
    await evaluate();
    const [role] = ofType("aws:iam/role:Role");
    equal(role?.["name"], "restate-test-deployer");
    equal(role["permissionsBoundary"], boundary);
    deepEqual(JSON.parse(text(role["assumeRolePolicy"])), {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: {
            Federated: "arn:aws:iam::111122223333:oidc-provider/deployer-github",
          },
          Action: "sts:AssumeRoleWithWebIdentity",
          Condition: {
            StringEquals: {
              "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
              "token.actions.githubusercontent.com:sub": subjects,
            },
          },
        },
      ],
    });
  });

  it("creates GitHub's identity provider, or uses the account's", async () => {
    await evaluate();
    deepEqual(ofType("aws:iam/openIdConnectProvider:OpenIdConnectProvider"), [
      {
        url: "https://token.actions.githubusercontent.com",
        clientIdLists: ["sts.amazonaws.com"],
      },
    ]);
    const oidcProviderArn =
      "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com";
    await evaluate({ oidcProviderArn });
    deepEqual(ofType("aws:iam/openIdConnectProvider:OpenIdConnectProvider"), []);
    const [role] = ofType("aws:iam/role:Role");
    ok(text(role?.["assumeRolePolicy"]).includes(oidcProviderArn));
  });

  it("has a policy for each area within IAM's limit, and one for the network only if there is one", async () => {
    const longest: readonly Config[] = [
      { encryptCatalog: true },
      { protect: false, forceDestroy: true },
    ];
    for (const config of longest) {
      await evaluate({ ...config, network: { mode: "create" } });
      const policies = ofType("aws:iam/policy:Policy");
      deepEqual(
        policies.map(({ name }) => text(name)).sort(),
        ["data", "models", "network", "operations", "serving"].map(
          (area) => `restate-test-deployer-${area}`,
        ),
      );
      for (const { name, policy } of policies) {
        ok(text(policy).length <= maxPolicyLength, `${text(name)}: ${text(policy).length}`);
      }
      equal(ofType("aws:iam/rolePolicyAttachment:RolePolicyAttachment").length, 5);
    }
    await evaluate({ network: { mode: "none" } });
    equal(ofType("aws:iam/policy:Policy").length, 4);
  });

  it("may only change the catalogue if the stack has its own table", async () => {
    const changes = (): boolean =>
      ofType("aws:iam/policy:Policy").some(({ policy }) => /glue:.*Table/.test(text(policy)));
    await evaluate();
    equal(changes(), true);
    await evaluate({
      dataset: {
        table: "houses",
        columns: ["a", "b"].map((name) => ({ name, type: "int" })),
        target: "a",
        source: { database: "census", table: "houses" },
        location: "s3://theirs/houses/",
      },
    });
    equal(changes(), false);
  });

  it("has the stack's own boundaries if none is configured, and policies within IAM's limits", async () => {
    const stack = "a-stack-of-20-letter";
    const own = await program(
      {
        deployers: subjects,
        network: { mode: "create", flowLogs: true },
        encryptCatalog: true,
        tracking: "both",
        mlflowLogging: "outside-network",
        crawler: "on-demand",
        dataset: {
          ...californiaHousing,
          location: "s3://houses-of-the-team-in-a-bucket-with-a-long-name/california/",
          partitions: [{ name: "year", type: "int" }],
        },
      },
      stack,
    );
    const arn = (name: string): string =>
      `arn:aws:iam::111122223333:policy/restate-${stack}-${name}`;
    const limits: Readonly<Record<string, number>> = {
      "aws:iam/policy:Policy": maxPolicyLength,
      "aws:iam/rolePolicy:RolePolicy": maxInlineLength,
    };
    for (const { inputs, name, type } of own.resources) {
      if (type === "aws:iam/role:Role") {
        const limit = name === "deployer-role" ? "deployer-boundary" : "boundary";
        equal(inputs["permissionsBoundary"], arn(limit), name);
      }
      const limit = limits[type];
      if (limit !== undefined) {
        const { length } = text(inputs["policy"]);
        ok(length <= limit, `${name}: ${length}`);
      }
    }
    const named = await program({ deployers: subjects, permissionsBoundary: boundary });
    deepEqual(
      named.resources.filter(({ name }) => name.startsWith("boundaries")),
      [],
    );
  });

  it("may only delete data, images and the key if the stack is disposable", async () => {
    const deletes = (): readonly string[] =>
      ofType("aws:iam/policy:Policy")
        .flatMap(
          ({ policy }) =>
            text(policy).match(
              /s3:DeleteObjectVersion|ecr:(BatchDeleteImage|DeleteRepository")|kms:ScheduleKeyDeletion/g,
            ) ?? [],
        )
        .sort();
    await evaluate();
    deepEqual(deletes(), []);
    await evaluate({ protect: false, forceDestroy: true });
    deepEqual(deletes(), [
      "ecr:BatchDeleteImage",
      'ecr:DeleteRepository"',
      "kms:ScheduleKeyDeletion",
      "s3:DeleteObjectVersion",
    ]);
  });

  it("may only open the repository and the model package group if the stack shares them", async () => {
    const opens = (): readonly string[] =>
      ofType("aws:iam/policy:Policy").flatMap(
        ({ policy }) => text(policy).match(/SetRepositoryPolicy|PutModelPackageGroupPolicy/g) ?? [],
      );
    await evaluate();
    deepEqual(opens(), []);
    await evaluate({ dataset: { ...californiaHousing, servedRows: "raw" } });
    deepEqual(opens(), ["SetRepositoryPolicy"]);
    await evaluate({ modelConsumers: ["222233334444"] });
    deepEqual(opens(), ["SetRepositoryPolicy", "PutModelPackageGroupPolicy"]);
  });
});

describe("Deployer", () => {
  const limits = {
    permissionsBoundary: boundary,
    forceDestroy: false,
    uploadsData: true,
    servingEndpoints: ["model"],
    makesNetwork: false,
    sharesImage: false,
    sharesModels: false,
  };

  it("creates a role with a policy for each area, and the identity provider if there is none", async () => {
    const { component, registered } = await construct(
      (options) =>
        new Deployer(
          "d",
          {
            scope: stackScope,
            limits,
            ownBoundary: boundary,
            subjects,
            oidcProviderArn: undefined,
          },
          options,
        ),
    );
    const areas = ["data", "models", "operations", "serving"];
    deepEqual(Object.keys(registered), [
      "iam/openIdConnectProvider d-github",
      ...areas.map((area) => `iam/policy d-${area}-policy`),
      "iam/role d-role",
      ...areas.map((area) => `iam/rolePolicyAttachment d-${area}`),
    ]);
    deepEqual(registered["iam/role d-role"], {
      assumeRolePolicy: {
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Principal: {
              Federated: "arn:aws:iam::111122223333:oidc-provider/d-github",
            },
            Action: "sts:AssumeRoleWithWebIdentity",
            Condition: {
              StringEquals: {
                "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                "token.actions.githubusercontent.com:sub": [
                  "repo:team/houses:environment:test",
                  "repo:team/houses:ref:refs/heads/main",
                ],
              },
            },
          },
        ],
      },
      description: "Deploys restate-test",
      maxSessionDuration: 3600,
      name: "restate-test-deployer",
      permissionsBoundary: "arn:aws:iam::111122223333:policy/limit",
    });
    deepEqual(registered["iam/rolePolicyAttachment d-data"], {
      role: "restate-test-deployer",
      policyArn: "arn:aws:iam:us-east-1:111122223333:policy/d-data-policy",
    });
    equal(await valueOf(component.roleArn), "arn:aws:iam:us-east-1:111122223333:role/d-role");
  });

  it("uses the account's identity provider, and may create networks if the stack has one", async () => {
    const oidcProviderArn = "the-provider";
    const { registered } = await construct(
      (options) =>
        new Deployer(
          "d",
          {
            scope: stackScope,
            limits: { ...limits, makesNetwork: true },
            ownBoundary: boundary,
            subjects,
            oidcProviderArn,
          },
          options,
        ),
    );
    equal("iam/openIdConnectProvider d-github" in registered, false);
    equal("iam/policy d-network-policy" in registered, true);
  });
});
