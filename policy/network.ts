import { at, type Inputs, list, type Rule, unmet } from "./rule";
import { allowing, held, isEverything } from "./statements";

/** Private addresses. Source: RFC 1918, and RFC 4193 for IPv6. */
const privateRanges = [
  /^10\.\d+\.\d+\.\d+\/([89]|[12]\d|3[0-2])$/,
  /^172\.(1[6-9]|2\d|3[01])\.\d+\.\d+\/(1[2-9]|2\d|3[0-2])$/,
  /^192\.168\.\d+\.\d+\/(1[6-9]|2\d|3[0-2])$/,
  /^f[cd][0-9a-f]{2}:[0-9a-f:]*\/([89]|[1-9]\d|1[01]\d|12[0-8])$/i,
];

/** The addresses of a security group's rule, as a separate resource or in the group. */
const addresses = (rule: unknown): readonly string[] =>
  ["cidrBlocks", "cidrIpv4", "cidrIpv6", "ipv6CidrBlocks"]
    .flatMap((name) => list(at(rule, name) as string | readonly string[] | undefined))
    .map(String);

function groupProblems(inputs: Inputs): readonly string[] {
  const inline = ["egress", "ingress"].flatMap((name) =>
    list(inputs[name] as readonly unknown[] | undefined),
  );
  return [inputs, ...inline]
    .flatMap(addresses)
    .filter((range) => !privateRanges.some((pattern) => pattern.test(range.trim())))
    .map((range) => `must not be open to ${range}`);
}

/** Whether a resource is a prefix of buckets' names, which anybody's bucket may have. */
const isManyBuckets = (resource: string): boolean => /^arn:[^:]*:s3:::[^/]*[*?$]/.test(resource);

/** Rules for the jobs' network. */
export const networkRules: readonly Rule[] = [
  {
    name: "network-isolated",
    description: "The network only has isolated subnets, without internet access.",
    types: ["awsx:ec2:Vpc"],
    problems: (inputs) => {
      // The engine shows remote components without inputs; their children are checked instead.
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
          subnets !== undefined &&
            subnets.length > 0 &&
            subnets.every(({ type }) => type === "Isolated"),
          "subnetSpecs must all be Isolated",
        ],
      );
    },
  },
  {
    name: "no-gateway",
    description: "There is no internet gateway.",
    types: [
      "aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway",
      "aws:ec2/internetGateway:InternetGateway",
      "aws:ec2/natGateway:NatGateway",
    ],
    problems: () => ["there must be no internet gateway"],
  },
  {
    name: "endpoint-with-policy",
    description: "Endpoints only serve this account's principals, or named resources.",
    types: ["aws:ec2/vpcEndpoint:VpcEndpoint"],
    problems: ({ policy }) => {
      if (policy === undefined) {
        return ["the endpoint must have a policy: without one it serves everyone"];
      }
      return allowing(policy).flatMap((statement) => {
        const { negated, resources, sid } = statement;
        const own = held(statement, "aws:PrincipalAccount", "aws:PrincipalOrgID");
        return [
          ...negated.map((name) => `${sid}: ${name} allows too much`),
          ...unmet([
            own ||
              (resources.length > 0 &&
                !resources.some((one) => isEverything(one) || isManyBuckets(one))),
            `${sid}: must be limited to this account by aws:PrincipalAccount`,
          ]),
        ];
      });
    },
  },
  {
    name: "group-closed",
    description: "Security groups are only open to their members and to named prefix lists.",
    types: [
      "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
      "aws:ec2/securityGroup:SecurityGroup",
      "aws:ec2/securityGroupRule:SecurityGroupRule",
      "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
      "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    ],
    problems: groupProblems,
  },
  {
    name: "no-route-out",
    description: "Routes only lead to endpoints and within the network.",
    types: ["aws:ec2/route:Route", "aws:ec2/routeTable:RouteTable"],
    problems: (inputs) =>
      [inputs, ...list(inputs["routes"] as readonly unknown[] | undefined)].flatMap((route) =>
        ["gatewayId", "natGatewayId", "egressOnlyGatewayId", "transitGatewayId"].flatMap((name) => {
          const target = at(route, name);
          return target === undefined || target === "" || target === "local"
            ? []
            : [`${name} leads out of the network`];
        }),
      ),
  },
  {
    name: "subnet-private",
    description: "Nothing in a subnet gets a public address.",
    types: ["aws:ec2/subnet:Subnet"],
    problems: ({ assignIpv6AddressOnCreation, mapPublicIpOnLaunch }) =>
      unmet(
        [mapPublicIpOnLaunch !== true, "mapPublicIpOnLaunch must not be true"],
        [assignIpv6AddressOnCreation !== true, "assignIpv6AddressOnCreation must not be true"],
      ),
  },
];
