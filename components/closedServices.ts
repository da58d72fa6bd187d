/** Services that accounts can no longer begin to use. */
const closedServices = {
  /** Source: SageMaker's guide, "Amazon SageMaker Model Monitor availability change". */
  modelMonitor: { name: "SageMaker Model Monitor", since: "2026-07-30" },
} as const;

/**
 * What to warn of where the configuration uses a service that takes no new customers.
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
