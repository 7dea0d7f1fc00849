import { setTimeout as sleep } from "node:timers/promises";
import type { BridgeError } from "casethread/adapter";
import { z } from "zod";
import type { SalesforceConnection } from "./client.ts";
import { fromThrown, redact, refuse } from "./faults.ts";
import { archive, convert, type PackageFolder, readPackage, removal } from "./package.ts";
import { queryPath } from "./soql.ts";

/** A jsforce connection with its Metadata API. */
export interface DeployConnection extends SalesforceConnection {
  readonly metadata: {
    deploy(zip: string, options: object): PromiseLike<{ readonly id: string }>;
    checkDeployStatus(id: string, details: boolean): PromiseLike<unknown>;
  };
}

/** How to deploy. */
export interface DeployOptions {
  /** Says aloud that this may be an org that people work in. @default false: such an org is refused */
  readonly production?: boolean;
  /** Switches change events of Case and Social Message on as well: two of the five objects that an org may select. @default false */
  readonly stream?: boolean;
  /** Only checks whether it could be deployed. @default false */
  readonly checkOnly?: boolean;
  /** The version of the API. @default "62.0" */
  readonly version?: string;
  /** How long it may take, in ms. @default 600_000 */
  readonly timeoutMs?: number;
}

/** What was deployed, or taken out. */
export interface Deployed {
  /** What the org calls the deployment: it is found under that id in Setup, Deployment Status. */
  readonly id: string;
  /** How many components it changed. */
  readonly components: number;
}

const organization = z.object({
  records: z.tuple([
    z.object({ IsSandbox: z.boolean(), OrganizationType: z.string(), TrialExpirationDate: z.string().nullish() }),
  ]),
});
const failure = z.object({
  componentType: z.string().default(""),
  fullName: z.string().default(""),
  problem: z.string().default(""),
});
const status = z.object({
  done: z.boolean(),
  success: z.boolean(),
  numberComponentsDeployed: z.coerce.number().default(0),
  errorMessage: z.string().nullish(),
  details: z
    .object({
      componentFailures: z
        .union([z.array(failure), failure])
        .nullish()
        .transform((given) => [given ?? []].flat()),
    })
    .nullish(),
});

/** Is it an org that people work in? */
export const isProduction = async (connection: SalesforceConnection, version: string): Promise<boolean> => {
  const soql = "SELECT IsSandbox, OrganizationType, TrialExpirationDate FROM Organization";
  const asked = await connection.request({ method: "GET", url: `/services/data/v${version}${queryPath(soql)}` });
  const [org] = organization.parse(asked).records;
  // Developer orgs, scratch orgs and trials are nobody's place of work.
  return !org.IsSandbox && org.OrganizationType !== "Developer Edition" && org.TrialExpirationDate == null;
};

const told = (thrown: unknown): BridgeError =>
  thrown instanceof z.ZodError
    ? refuse("The org answered in a shape that is not known here: is this a connection to Salesforce?", "unavailable")
    : fromThrown(thrown, Date.now());

const send = async (
  connection: DeployConnection,
  files: Readonly<Record<string, string>>,
  { checkOnly = false, timeoutMs = 600_000 }: DeployOptions,
): Promise<Deployed> => {
  const zip = archive(files).toString("base64");
  const { id } = await connection.metadata.deploy(zip, { checkOnly, rollbackOnError: true, singlePackage: true });
  const began = performance.now();
  for (let wait = 100; ; wait = Math.min(2 * wait, 5_000)) {
    const state = status.parse(await connection.metadata.checkDeployStatus(id, true));
    if (state.done && state.success) return { id, components: state.numberComponentsDeployed };
    if (state.done) {
      const problems = state.details?.componentFailures ?? [];
      const each = problems.map((one) => `${one.componentType} ${one.fullName}: ${redact(one.problem)}`);
      const all = each.length > 0 ? each.join("; ") : redact(state.errorMessage ?? "it says no more");
      throw refuse(
        `The org took nothing of the package: change in the org what it objects to, and deploy again (deployment ${id}: ${all})`,
      );
    }
    if (performance.now() - began > timeoutMs) {
      const message = `The org is still at it after ${timeoutMs} ms: see deployment ${id} in Setup, Deployment Status.`;
      throw refuse(message, "unavailable");
    }
    await sleep(wait);
  }
};

const guarded = async <T>(
  connection: DeployConnection,
  { production = false, version = "62.0" }: DeployOptions,
  work: (version: string) => Promise<T>,
): Promise<T> => {
  try {
    if (!production && (await isProduction(connection, version))) {
      throw refuse(
        "This is a production org: try the package in a sandbox first, then say production: true.",
        "forbidden",
      );
    }
    return await work(version);
  } catch (thrown) {
    throw told(thrown);
  }
};

const foldersOf = ({ stream = false }: DeployOptions): readonly PackageFolder[] =>
  stream ? ["force-app", "streaming"] : ["force-app"];

/** How many components {@link deploy} creates. */
export const componentsOf = async (options: DeployOptions & { readonly version: string }): Promise<number> =>
  Object.values(convert(await readPackage(foldersOf(options)), options.version).members).flat().length;

/**
 * Creates in the org what the adapter writes: objects, fields, rules, list views, quick actions, permission sets. All of
 * it, or nothing. `sf project deploy start` in `adapters/salesforce/metadata` does the same.
 *
 * @param connection a jsforce connection of somebody who may customize the org
 * @throws BridgeError `forbidden` when the org is a production org and `production` was not said; `invalid`, naming each
 *   component that the org refused.
 */
export const deploy = (connection: DeployConnection, options: DeployOptions = {}): Promise<Deployed> =>
  guarded(connection, options, async (version) => {
    const { files } = convert(await readPackage(foldersOf(options)), version);
    return send(connection, files, options);
  });

/**
 * Takes out of the org what {@link deploy} created, with all that was written there. Permission sets must be nobody's
 * first.
 *
 * @throws BridgeError as {@link deploy} does.
 */
export const undeploy = (connection: DeployConnection, options: DeployOptions = {}): Promise<Deployed> =>
  guarded(connection, options, async (version) => {
    const files = removal(convert(await readPackage(foldersOf(options)), version), version);
    return send(connection, files, options);
  });
