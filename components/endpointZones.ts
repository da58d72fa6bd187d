import { getVpcEndpointService } from "@pulumi/aws/ec2/getVpcEndpointService";
import type * as pulumi from "@pulumi/pulumi";

import { runError } from "../errors/runError";

/**
 * Availability zones in which all given services support interface endpoints; some zones lack some. Source: the guide to
 * AWS PrivateLink, "Access AWS services through AWS PrivateLink".
 *
 * @param region region of the zones and services
 * @param services suffixes of the endpoint services' names, such as `ecr.api`
 * @param wanted the zones' names, or how many to take, by name
 * @throws pulumi.RunError if there are fewer, or a named one is not among them, or the look-up fails
 */
export async function endpointZones(
  region: string,
  services: readonly string[],
  wanted: number | readonly string[],
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
  const found = typeof wanted === "number" ? shared.slice(0, wanted) : [...wanted];
  if (
    typeof wanted === "number" ? found.length < wanted : !found.every((one) => shared.includes(one))
  ) {
    throw runError(
      `restate:network.availabilityZones: is ${String(wanted)}, but only ${shared.length} of the zones of ${region} ` +
        `(${shared.join(", ") || "none"}) can have endpoints to all services that jobs call: ${services.join(", ")}`,
    );
  }
  return found;
}
