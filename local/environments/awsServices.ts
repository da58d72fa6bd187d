/** SageMaker's API and S3 of this machine, served over HTTP. */
export interface ServedApi {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** The available services, by their names in the environment of AWS SDKs. */
const services = ["SAGEMAKER", "S3"];

/**
 * The API of this machine for jobs that call AWS, served from the first such job. Jobs with other roles than the stack's
 * do not get it, because they are not the stack's.
 */
export class AwsServices {
  private served: Promise<ServedApi> | undefined;

  /** @param ownRoles ARNs of the stack's roles */
  constructor(
    private readonly serve: () => Promise<ServedApi>,
    private readonly region: string,
    private readonly ownRoles: ReadonlySet<string>,
  ) {}

  /** The AWS variables in the environment of a job with a role. */
  async environment(role: string | undefined): Promise<Readonly<Record<string, string>>> {
    if (role === undefined || !this.ownRoles.has(role)) {
      return {};
    }
    this.served ??= this.serve();
    const { url } = await this.served;
    const { hostname } = new URL(url);
    return {
      ...Object.fromEntries(services.map((name) => [`AWS_ENDPOINT_URL_${name}`, url])),
      AWS_ACCESS_KEY_ID: "local",
      AWS_SECRET_ACCESS_KEY: "local",
      AWS_DEFAULT_REGION: this.region,
      AWS_REGION: this.region,
      NO_PROXY: [process.env["NO_PROXY"] ?? [], hostname].flat().join(","),
      no_proxy: [process.env["no_proxy"] ?? [], hostname].flat().join(","),
    };
  }

  /** Ends the server, if there is one. */
  async close(): Promise<void> {
    const served = await this.served?.catch(() => undefined);
    await served?.close();
  }
}
