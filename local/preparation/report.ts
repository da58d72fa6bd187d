/** Reports a problem of a field of a step's arguments. */
export type Report = (field: string, problem: string) => void;

/**
 * Checks that members have the only values that run here, which are also their defaults.
 * @param only the values by member
 */
export function checkOnly<Values extends object>(
  values: Values | null | undefined,
  field: string,
  only: Readonly<Partial<Record<keyof Values, string>>>,
  report: Report,
): void {
  for (const [name, supported] of Object.entries<string>(only as Record<string, string>)) {
    const value: unknown = values?.[name as keyof Values] ?? supported;
    if (value !== supported) {
      report(`${field}.${name}`, `${JSON.stringify(value)}; only ${supported} runs here`);
    }
  }
}
