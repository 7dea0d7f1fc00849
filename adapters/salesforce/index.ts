/**
 * Salesforce as the CRM of a bridge: cases and what was said on them, written by our own keys; states of cases and
 * answers of agents, read by polling.
 *
 * @module
 */
import type { CaseRef, Crm } from "casethread/adapter";
import { createBudget } from "./budget.ts";
import { createChanges } from "./change.ts";
import { createClient } from "./client.ts";
import { findingsOf } from "./inspect.ts";
import { isRecordId, name } from "./keys.ts";
import { createLookup } from "./lookup.ts";
import { optionsFrom, type SalesforceOptions, settle } from "./options.ts";
import { stepsOf } from "./steps.ts";
import { createStream } from "./stream.ts";
import { caseUrl, createWriter } from "./write.ts";

export type { SalesforceConnection } from "./client.ts";
export { deploy, type DeployConnection, type Deployed, type DeployOptions, undeploy } from "./deploy.ts";
export { inspect, type InspectOptions, type Inspection } from "./inspect.ts";
export type { FieldName, ObjectName, SalesforceNames } from "./fields.ts";
export type { Places, SalesforceLogin } from "./login.ts";
export type { OnDuty } from "./duty.ts";
export type { SalesforceOptions } from "./options.ts";

/** The case behind a link to one of this org's pages, in Lightning or in Classic. */
const caseOf = (url: URL, origin: string): CaseRef | undefined => {
  const home = URL.parse(origin);
  if (home === null) return undefined;
  // acme.my.salesforce.com and acme.lightning.force.com are the same org.
  const org = (host: string): string => host.replace(/\.(?:my\.salesforce|lightning\.force)\.com$/, ".org");
  if (url.port !== home.port || org(url.hostname) !== org(home.hostname)) return undefined;
  const id =
    /^\/lightning\/r\/(?:Case\/)?(500\w+)(?:\/|$)/.exec(url.pathname)?.[1] ?? /^\/(500\w+)$/.exec(url.pathname)?.[1];
  return id !== undefined && isRecordId(id) ? { crm: name, id } : undefined;
};

const make = (options: SalesforceOptions): Crm => {
  const settings = settle(options);
  const budget = createBudget(settings.callShare);
  const client = createClient(settings, budget);
  const lookup = createLookup(client, settings);
  const stream = settings.stream ? createStream(client, settings) : undefined;
  return {
    name,
    can: {
      batch: settings.batch,
      get gatherMs() {
        return budget.slowed(settings.gatherMs, 20_000);
      },
    },
    get pollMs() {
      // A stream that is down, or not to be trusted, is stood in for.
      const ms = stream === undefined || stream.live() ? settings.pollMs : Math.min(settings.pollMs, 5_000);
      return budget.slowed(ms, 60_000);
    },
    ...(stream === undefined ? {} : { listen: stream.listen }),
    troubles: () => [...budget.troubles(), ...(stream?.troubles() ?? [])],
    check: (about, kit) => findingsOf({ client, settings }, about, kit),
    setup: (about, kit) => stepsOf({ client, settings }, about, kit),
    write: createWriter(client, lookup, settings),
    since: createChanges({ client, lookup, settings }, stream),
    url: (ref) => new URL(caseUrl(client.origin(), ref)),
    parse: (url) => caseOf(url, client.origin()),
  };
};

/** Makes Salesforce the CRM, of options or of an environment. */
export interface SalesforceAdapter {
  /**
   * Makes the adapter. It calls nobody, and loads no SDK, before its first request.
   *
   * @throws BridgeError `invalid`, naming every option that is missing or does not fit.
   * @example salesforce({ origin: "https://acme.my.salesforce.com", login: { clientId, clientSecret } })
   */
  (options: SalesforceOptions): Crm;
  /**
   * Makes the adapter of an environment: SALESFORCE_ORIGIN; SALESFORCE_CLIENT_ID with SALESFORCE_CLIENT_SECRET, with
   * SALESFORCE_USERNAME and SALESFORCE_PRIVATE_KEY, or with SALESFORCE_REFRESH_TOKEN and SALESFORCE_TOKEN_KEY
   * (comma-separated while it is rotated); or SALESFORCE_ACCESS_TOKEN; and SALESFORCE_VERSION. What an environment cannot
   * hold comes second.
   *
   * @throws BridgeError `invalid`, naming every variable that is missing.
   */
  fromEnv(
    env: Readonly<Record<string, string | undefined>>,
    options?: Omit<SalesforceOptions, "login" | "connection">,
  ): Crm;
}

/** Salesforce as the CRM: `salesforce(options)`, or `salesforce.fromEnv(env)`. */
export const salesforce: SalesforceAdapter = Object.assign(make, {
  fromEnv: (
    env: Readonly<Record<string, string | undefined>>,
    options: Omit<SalesforceOptions, "login" | "connection"> = {},
  ) => make({ ...optionsFrom(env), ...options }),
});
