import { ecrRepository } from "../pipeline/ecrRepository";
import { isObject } from "../pipeline/language/json";

/** Whether an image is one in Amazon ECR, whose name no start of a job can choose. */
export const isEcrImage = (image: unknown): boolean =>
  typeof image === "string" && ecrRepository(image) !== undefined;

/** Names of variables that hold secrets. */
const secretName =
  /password|passwd|passphrase|secret|credential|(private|api|access)[_-]?key|(^|[_-])token$/i;

/** Texts that are secrets: AWS's access keys, and private keys. Source: IAM guide, "IAM identifiers", unique ID prefixes. */
const secretText = /\b(AKIA|ASIA)[A-Z0-9]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY-----/;

/** Members of requests with variables, whatever they are of. */
const variables = /^(environment|environmentvariables|hyperparameters|statichyperparameters)$/i;

/** The secrets in a request: whoever may describe a job, or read its definition, reads its variables. */
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
