/**
 * A Salesforce org on this machine, for tests, examples and demos: it keeps records and rules as an org does, and the
 * real SDK runs against it. It is not the vendor's and knows only what the adapter uses.
 *
 * @module
 */
import type { Json } from "casethread/adapter";
import { createChance, createFaults, serve, turnAway } from "casethread/sandbox";
import type { SalesforceConnection } from "../client.ts";
import { defaultNames as n } from "../fields.ts";
import { createAgents } from "./agents.ts";
import { boardOf, type SandboxBoard } from "./board.ts";
import { connectInProcess } from "./connection.ts";
import type { Planted } from "./describe.ts";
import type { Obstacles } from "./flaws.ts";
import { createOrg } from "./org.ts";
import { createRest, type SalesforceFault } from "./rest.ts";
import { isOurs, type Row, statuses, textOf } from "./schema.ts";
import { createSignIns } from "./signins.ts";

export type { SandboxAgent, SandboxBoard, SandboxCase, SandboxEntry, SandboxState } from "./board.ts";
export type { Planted } from "./describe.ts";
export type { SalesforceFault, SeenRequest } from "./rest.ts";
export type { Change } from "./tables.ts";

/** What a sandbox is made of. */
export interface SalesforceSandboxOptions {
  /** @default the machine's time */
  readonly clock?: { now(): number };
  /** Of chance. @default 1 */
  readonly seed?: number;
  /** @default any free one */
  readonly port?: number;
  /**
   * Is it served on loopback? Without a socket it is reached through {@link SalesforceSandbox.connect} only.
   *
   * @default true
   */
  readonly listen?: boolean;
  /** Names of queues. @default ["Social Support", "PR"] */
  readonly queues?: readonly string[];
  /** How long after its stamp a late commit becomes visible, in ms. @default 5_000 */
  readonly lateMs?: number;
  /** API calls until the limit of the day. @default 100_000 */
  readonly dailyLimit?: number;
  /** It has not got the package until it is deployed: of its fields only the key on Case is there, and these. @default the package is there */
  readonly bare?: readonly string[];
  /** Does it keep a case that was merged into another, closed, or delete it? @default false: deletes it */
  readonly keepsMerged?: boolean;
  /** Is it an org that people work in? @default false */
  readonly production?: boolean;
  /** With how many cases of one call a trigger of the org's runs into a governor limit. @default never */
  readonly triggerLimit?: number;
  /** Whose signed requests for a session are taken, and the PEM of the public key that they are checked with. */
  readonly jwt?: { readonly username: string; readonly publicKey: string };
  /** Rows of one answer to a query. @default 2_000 */
  readonly pageSize?: number;
}

/** An org on loopback, or in this process only. */
export interface SalesforceSandbox extends SandboxBoard, AsyncDisposable {
  /** Where it is served; without a socket a name that leads nowhere. */
  readonly origin: string;
  /** 0 without a socket. */
  readonly port: number;
  /** Signs in and makes the SDK's connection, without SDK and socket: each request is answered by the org itself. */
  connect(): Promise<SalesforceConnection>;
  /** What the adapter signs in with. */
  readonly login: { readonly clientId: string; readonly clientSecret: string };
  /** The same as an environment, for `salesforce.fromEnv`: to be set where the bridge runs. Needs a socket. */
  env(): Readonly<Record<string, string>>;
  /** The first refresh token that is taken, once: each sign-in with one hands out the next. */
  readonly refreshToken: string;
}

/** Open at any time, as a new org is. */
const allDay = Object.fromEntries(
  ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"].flatMap((day) => [
    [`${day}StartTime`, "00:00:00.000Z"],
    [`${day}EndTime`, "00:00:00.000Z"],
  ]),
);

/** Starts an org. */
export const createSalesforceSandbox = async (options: SalesforceSandboxOptions = {}): Promise<SalesforceSandbox> => {
  const clock = options.clock ?? { now: () => Date.now() };
  const now = (): number => clock.now();
  const chance = createChance(options.seed ?? 1);
  const faults = createFaults<SalesforceFault>(chance);
  const refused = new Set<string>();
  const poison = new Set<string>();
  const held = new Set<string>();
  const planted: Planted[] = [];
  const doubles: { readonly words: string; readonly record: string }[] = [];
  const login = { clientId: "sandbox-consumer-key", clientSecret: "sandbox-consumer-secret" };

  let user = "";
  let taker: string | undefined;
  // Only the API meets these: agents wait for locks, and know what their org allows.
  const { bare } = options;
  let deployed = (_component: string): boolean => false;
  const lacks = (type: string, field?: string): boolean =>
    bare !== undefined &&
    isOurs(type, field) &&
    (field === undefined || !bare.includes(field)) &&
    !deployed(`CustomObject ${n.entry}`);
  const obstacles: Obstacles = {
    lacks,
    isBridge: (by) => by === user,
    locked: (id, by) => by === user && (held.has(id) || faults.strikes("lock-row")),
    takes: () => (faults.strikes("takes-cases") ? taker : undefined),
    planted: (type, by) => (by === user ? planted.filter(({ on }) => on === type) : []),
    doubles: (type, row) =>
      type === "Case" ? doubles.find(({ words }) => textOf(row["Subject"]).includes(words))?.record : undefined,
    refuses: (row, by) =>
      by === user &&
      [...refused].some((words) =>
        Object.values(row).some((value) => typeof value === "string" && value.includes(words)),
      ),
  };
  let origin = "https://org.sandbox.invalid";
  const org = createOrg(now, obstacles, () => origin);
  const made = (type: string, row: Row, by = ""): string => {
    const saved = org.insert(type, row, { by, autoAssign: false });
    if ("refused" in saved) throw new Error(saved.refused.message);
    return saved.id;
  };
  made("Organization", {
    Name: "Sandbox",
    IsSandbox: options.production !== true,
    OrganizationType: "Enterprise Edition",
    TrialExpirationDate: null,
  });
  const program = { Name: "Integration User", Username: "integration@sandbox.example", IsActive: true };
  user = made("User", { ...program, UserType: "Standard" });
  made("BusinessHours", { Name: "Default", IsDefault: true, TimeZoneSidKey: "UTC", ...allDay });
  for (const name of options.queues ?? ["Social Support", "PR"]) {
    made("Group", { Name: name, DeveloperName: name.replace(/\W+/g, "_"), Type: "Queue" }, user);
  }
  taker = made("Group", { Name: "Taken by a rule", DeveloperName: "Taken_by_a_rule", Type: "Queue" }, user);
  statuses.forEach(({ value, closed, standard }, at) => {
    made(
      "CaseStatus",
      { ApiName: value, MasterLabel: value, IsClosed: closed, IsDefault: standard, SortOrder: at + 1 },
      user,
    );
  });

  for (const SelectedEntity of ["CaseChangeEvent", n.entry.replace(/__c$/, "__ChangeEvent")])
    made("PlatformEventChannelMember", { SelectedEntity });
  const plant = (one: Planted): void => {
    planted.push(one);
    const EntityDefinitionId = made("EntityDefinition", { QualifiedApiName: one.on });
    if (one.rule !== undefined)
      made("ValidationRule", {
        ValidationName: one.rule.name,
        ErrorMessage: one.rule.message,
        Active: true,
        EntityDefinitionId,
      });
    if (one.trigger !== undefined) made("ApexTrigger", { Name: one.trigger, EntityDefinitionId, Status: "Active" });
    if (one.flow !== undefined)
      made("FlowDefinitionView", {
        Label: one.flow,
        TriggerObjectOrEventId: EntityDefinitionId,
        TriggerType: "RecordAfterSave",
        IsActive: true,
      });
  };

  const { dailyLimit = 100_000, pageSize = 2_000, lateMs = 5_000, triggerLimit = Infinity, jwt } = options;
  const signIns = createSignIns({ ...login, now, user, ...(jwt === undefined ? {} : { jwt }) });
  const rest = createRest({
    org,
    faults,
    now,
    user,
    signIns,
    dailyLimit,
    pageSize,
    triggerLimit,
    planted,
    poison,
    lacks,
  });
  deployed = (component) => rest.deployed().includes(component);
  const agents = createAgents({
    org,
    rest,
    faults,
    now,
    user,
    lateMs,
    refused,
    poison,
    held,
    doubles,
    plant,
    keeps: options.keepsMerged === true,
  });

  const control = async (request: Request, verb: string): Promise<Response> => {
    try {
      const body = request.method === "GET" ? {} : ((await request.json()) as Record<string, Json>);
      return Response.json(await agents.call(verb, body));
    } catch (thrown) {
      return Response.json({ error: thrown instanceof Error ? thrown.message : String(thrown) }, { status: 400 });
    }
  };
  const handle = (request: Request): Promise<Response> => {
    agents.reveal();
    return rest.handle(request);
  };
  const server =
    options.listen === false
      ? undefined
      : await serve(
          async (request) => {
            const verb = /^\/sandbox\/(\w+)$/.exec(new URL(request.url).pathname)?.[1];
            return verb === undefined ? handle(request) : (turnAway(request) ?? control(request, verb));
          },
          options.port === undefined ? {} : { port: options.port },
        );
  origin = server?.origin ?? origin;
  return {
    ...boardOf(agents.call),
    origin,
    port: server?.port ?? 0,
    login,
    env: () => ({
      SALESFORCE_ORIGIN: origin,
      SALESFORCE_CLIENT_ID: login.clientId,
      SALESFORCE_CLIENT_SECRET: login.clientSecret,
    }),
    refreshToken: signIns.firstRefreshToken,
    connect: () => connectInProcess(handle, { instanceUrl: origin, ...login }),
    [Symbol.asyncDispose]: async () => server?.[Symbol.asyncDispose](),
  };
};

/** The board of a sandbox in another process. */
export const salesforceSandboxClient = (origin: string): SandboxBoard =>
  boardOf(async (verb, args) => {
    const response = await fetch(new URL(`/sandbox/${verb}`, origin), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(args),
    });
    const body = (await response.json()) as Json;
    if (!response.ok) throw new Error((body as { error?: string }).error ?? `the sandbox answered ${response.status}`);
    return body;
  });
