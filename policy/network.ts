import { at, type Inputs, list, type Rule, unmet } from "./rule";
import { allowing, held, isUnnamed } from "./statements";

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
    .flatMap((name) => list(at(rule, name)))
    .map(String);

function groupProblems(inputs: Inputs): readonly string[] {
  return [inputs, ...list(inputs["egress"]), ...list(inputs["ingress"])]
    .flatMap(addresses)
    .filter((range) => !privateRanges.some((pattern) => pattern.test(range.trim())))
    .map((range) => `must not be open to ${range}`);
}

/** Names of AWS's services; other accounts' begin with com.amazonaws.vpce. Source: VPC's guide, "AWS PrivateLink". */
const awsService = /^(com|cn\.com)\.amazonaws\.(?!vpce\b)[a-z0-9-]+\.([a-z0-9.-]+)$/;

/** Inputs for a route's target. */
const routeTargets = [
  ...["carrierGatewayId", "coreNetworkArn", "egressOnlyGatewayId", "gatewayId", "localGatewayId"],
  ...["natGatewayId", "networkInterfaceId", "odbNetworkArn", "transitGatewayId", "vpcEndpointId"],
  "vpcPeeringConnectionId",
];

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
      const subnets = list(inputs["subnetSpecs"]);
      return unmet(
        [
          at(inputs, "natGateways", "strategy") === "None",
          "the strategy of natGateways must be None",
        ],
        [
          subnets.length > 0 && subnets.every((subnet) => at(subnet, "type") === "Isolated"),
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
    description:
      "Endpoints lead to AWS's services, and only serve this account's principals, or let named resources be read.",
    types: ["aws:ec2/vpcEndpoint:VpcEndpoint"],
    problems: ({
      policy,
      resourceConfigurationArn,
      serviceName,
      serviceNetworkArn,
      serviceRegion,
    }) => {
      const [, , service] = awsService.exec(String(serviceName)) ?? [];
      const elsewhere = unmet(
        [
          (serviceName === undefined || service !== undefined) &&
            resourceConfigurationArn === undefined &&
            serviceNetworkArn === undefined,
          `the endpoint leads to ${JSON.stringify(serviceName ?? resourceConfigurationArn ?? serviceNetworkArn)}, which is not a service of AWS`,
        ],
        [serviceRegion === undefined, "serviceRegion must not be set: it leads to another region"],
      );
      if (policy === undefined) {
        return [...elsewhere, "the endpoint must have a policy: without one it serves everyone"];
      }
      return [
        ...elsewhere,
        ...allowing(policy).flatMap((statement) => {
          const { actions, negated, resources, sid } = statement;
          const own = held(statement, "aws:PrincipalAccount", "aws:PrincipalOrgID");
          const named = resources.length > 0 && !resources.some(isUnnamed);
          return [
            ...negated.map((name) => `${sid}: ${name} allows too much`),
            ...unmet(
              [
                own || (named && actions.every((action) => action === "s3:getobject")),
                `${sid}: must be limited to this account by aws:PrincipalAccount`,
              ],
              [
                service !== "s3" || named,
                `${sid}: must name buckets: anybody's can be written to otherwise`,
              ],
            ),
          ];
        }),
      ];
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
      [inputs, ...list(inputs["routes"])].flatMap((route) =>
        routeTargets.flatMap((name) => {
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
