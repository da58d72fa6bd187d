interface EcrRepository {
  /** 12-digit id of the account that owns it. */
  readonly accountId: string;
  readonly region: string;
  readonly name: string;
}

/** The host names of ECR's registries, and what follows. Source: ECR's guide, "Amazon ECR private registries". */
const imageUri =
  /^(\d{12})\.(?:dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?|dkr-ecr(?:-fips)?\.([a-z0-9-]+)\.on\.(?:aws|amazonwebservices\.com\.cn))\/([^:@]+)/;

/** The ECR repository of an image; undefined for other registries. */
export function ecrRepository(image: string): EcrRepository | undefined {
  const [, accountId, region, dualStackRegion, name] = imageUri.exec(image) ?? [];
  const inRegion = region ?? dualStackRegion;
  return accountId === undefined || inRegion === undefined || name === undefined
    ? undefined
    : { accountId, region: inRegion, name };
}
