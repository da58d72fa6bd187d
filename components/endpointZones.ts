import { getVpcEndpointService } from "@pulumi/aws/ec2/getVpcEndpointService";
import type * as pulumi from "@pulumi/pulumi";

import { runError } from "../errors/runError";

/**
 * The first availability zones, by name, in which all given services support interface endpoints; some zones lack
 * some. Source: the guide to AWS PrivateLink, "Access AWS services through AWS PrivateLink".
 *
 * @param region region of the zones and services
 * @param services suffixes of the endpoint services' names, such as `ecr.api`
 * @param count number of zones to find
 * @throws pulumi.RunError if there are fewer, or the look-up fails
 */
export async function endpointZones(
  region: string,
  services: readonly string[],
  count: number,
  options: pulumi.InvokeOptions,
): Promise<string[]> {
  const zonesOf = async (service: string): Promise<readonly string[]> => {
    const serviceName = `com.amazonaws.${region}.${service}`;
    try {
      const found = await getVpcEndpointService({ serviceName, serviceType: "Interface" }, options);
      return found.availabilityZones;
    } catch (error) {
      throw runError(
        `restate:network: cannot look up the availability zones in which ${serviceName} can have an endpoint: ` +
          (error as Error).message,
      );
    }
  };
  const [first = [], ...others] = await Promise.all(services.map(zonesOf));
  const shared = first.filter((zone) => others.every((zones) => zones.includes(zone))).sort();
  if (shared.length < count) {
    throw runError(
      `restate:network.availabilityZones: is ${count}, but only ${shared.length} of the zones of ${region} ` +
        `(${shared.join(", ") || "none"}) can have endpoints to all services that jobs call: ${services.join(", ")}`,
    );
  }
  return shared.slice(0, count);
}
