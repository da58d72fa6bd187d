import { at, type Rule, statements, unmet } from "./rule";

/** Rules for what jobs can reach. */
export const networkRules: readonly Rule[] = [
  {
    name: "network-isolated",
    description: "The network has isolated subnets only, and no way out.",
    types: ["awsx:ec2:Vpc"],
    problems: (inputs) => {
      // The engine shows a component of a provider without its inputs: there, what it makes is judged.
      if (Object.keys(inputs).length === 0) {
        return [];
      }
      const subnets = inputs["subnetSpecs"] as readonly { readonly type: string }[] | undefined;
      return unmet(
        [
          at(inputs, "natGateways", "strategy") === "None",
          "the strategy of natGateways must be None",
        ],
        [
          subnets?.every(({ type }) => type === "Isolated") ?? false,
          "subnetSpecs must all be Isolated",
        ],
      );
    },
  },
  {
    name: "no-gateway",
    description: "Nothing leads to the internet.",
    types: [
      "aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway",
      "aws:ec2/internetGateway:InternetGateway",
      "aws:ec2/natGateway:NatGateway",
    ],
    problems: () => ["there must be no gateway to the internet"],
  },
  {
    name: "endpoint-with-policy",
    description: "Endpoints serve this account's principals only, or named resources.",
    types: ["aws:ec2/vpcEndpoint:VpcEndpoint"],
    problems: ({ policy }) => {
      if (policy === undefined) {
        return ["the endpoint must have a policy: without one it serves everyone"];
      }
      return statements(policy).flatMap(
        ({ Condition: condition, Effect: effect, Resource: resource, Sid: sid }) =>
          unmet([
            effect !== "Allow" ||
              resource !== "*" ||
              at(condition, "StringEquals", "aws:PrincipalAccount") !== undefined,
            `${sid ?? ""}: must be held to this account by aws:PrincipalAccount`,
          ]),
      );
    },
  },
  {
    name: "group-closed",
    description: "Security groups are open to their members and to named prefix lists only.",
    types: [
      "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
      "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    ],
    problems: ({ cidrIpv4, cidrIpv6 }) =>
      unmet(
        [cidrIpv4 !== "0.0.0.0/0", "must not be open to 0.0.0.0/0"],
        [cidrIpv6 !== "::/0", "must not be open to ::/0"],
      ),
  },
];
