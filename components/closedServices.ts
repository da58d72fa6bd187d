/** Services without new customers. */
const closedServices = {
  /** Source: SageMaker's guide, "Amazon SageMaker Model Monitor availability change". */
  modelMonitor: { name: "SageMaker Model Monitor", since: "2026-07-30" },
} as const;

/**
 * A warning about a service that is closed to new customers.
 *
 * @param service the service
 * @param key the key that uses it, with its namespace
 */
export function closedServiceWarning(service: keyof typeof closedServices, key: string): string {
  const { name, since } = closedServices[service];
  return (
    `${key} uses ${name}, which is closed to new customers since ${since}: in an account that did not use it before, ` +
    "its jobs fail"
  );
}
