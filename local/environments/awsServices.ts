/** SageMaker's API and S3 of this machine, served over HTTP. */
export interface ServedApi {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** The services that jobs find here, as the environment of AWS SDKs names them. */
const services = ["SAGEMAKER", "S3"];

/**
 * The API of this machine for jobs that call AWS. It is served as soon as one does. Jobs in the name of other roles than
 * the stack's find what they always find: they are somebody else's.
 */
export class AwsServices {
  private served: Promise<ServedApi> | undefined;

  /** @param ownRoles ARNs of the stack's roles */
  constructor(
    private readonly serve: () => Promise<ServedApi>,
    private readonly region: string,
    private readonly ownRoles: ReadonlySet<string>,
  ) {}

  /** What the environment of a job in the name of a role says of AWS. */
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
