import { ecrRepository } from "../pipeline/ecrRepository";
import { isObject } from "../pipeline/language/json";

/** Whether an image is in Amazon ECR, and does not depend on parameters. */
export const isEcrImage = (image: unknown): boolean =>
  typeof image === "string" && ecrRepository(image) !== undefined;

/** Names of variables for secrets. */
const secretName =
  /password|passwd|passphrase|secret|credential|(private|api|access)[_-]?key|(^|[_-])token$/i;

/** AWS's access keys, and private keys. Source: IAM guide, "IAM identifiers", unique ID prefixes. */
const secretText = /\b(AKIA|ASIA)[A-Z0-9]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY-----/;

/** Members of requests with variables. */
const variables = /^(environment|environmentvariables|hyperparameters|statichyperparameters)$/i;

/** Secrets in a request: everyone who may describe a job or read its definition can read its variables. */
export function secretProblems(where: string, value: unknown): readonly string[] {
  if (Array.isArray(value)) {
    return value.flatMap((one) => secretProblems(where, one));
  }
  if (typeof value === "string") {
    return secretText.test(value) ? [`${where}has a key in plain text`] : [];
  }
  if (!isObject(value)) {
    return [];
  }
  return Object.entries(value).flatMap(([name, one]) => [
    ...(variables.test(name) && isObject(one)
      ? Object.keys(one)
          .filter((key) => secretName.test(key))
          .map((key) => `${where}${name} must not have the secret ${key}`)
      : []),
    ...secretProblems(where, one),
  ]);
}
