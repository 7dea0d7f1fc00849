/**
 * The Facebook channel: comments, visitors' posts and Messenger of any number of Pages under one app.
 *
 * @module
 */
import { type AccountRef, BridgeError, type Channel, door, type Kit, partsOf } from "casethread/adapter";
import { performOnFacebook } from "./act.ts";
import { catchUp } from "./catchup.ts";
import { createCaller, defaultVersion, fetched, stranger } from "./client.ts";
import { ageing, findingsOf } from "./findings.ts";
import { inboxUrl, postIdOf, postUrl } from "./ids.ts";
import { checkOptions, type FacebookOptions, type FacebookPage, optionsFromEnv } from "./options.ts";
import { handshake, readBody, verify } from "./read.ts";
import { findLanded } from "./readback.ts";
import type { Source } from "./reading.ts";
import type { Told } from "./said.ts";
import { lookAgain } from "./recheck.ts";
import { stepsOf } from "./steps.ts";
import { pastOf } from "./past.ts";
import { type Swept, sweep } from "./sweep.ts";
import { abilitiesOf, ageOf, bucketName, bucketOf, fits, lengthOf, price } from "./terms.ts";
import { createUsage } from "./usage.ts";

export type { Secret } from "casethread/adapter";
export type { FacebookClient } from "./client.ts";
export type { FacebookOptions, FacebookPage } from "./options.ts";

const channelName = "facebook";
// A subscription is looked at this often.
const sweepMs = 600_000;

const make = (given: FacebookOptions): Channel => {
  const options = checkOptions(given);
  const accounts: readonly AccountRef[] = options.pages.map(({ id }) => ({ channel: channelName, id }));
  const ours = new Set(accounts.map(({ id }) => id));
  const usage = createUsage();
  const ask = createCaller(options, usage);
  const app = options.app.id;
  const disclosure = options.disclosure ?? "Automated message:";
  const sweptAt = new Map<string, number>();
  const refusedAt = new Map(accounts.map(({ id }) => [id, new Map<Source, number>()]));

  const pageOf = (ref: AccountRef): FacebookPage => {
    const page = ref.channel === channelName ? options.pages.find(({ id }) => id === ref.id) : undefined;
    if (page !== undefined) return page;
    throw stranger(`Page ${ref.id}`);
  };
  const refOf = (at: string): AccountRef => {
    const found = accounts.find((ref) => at === door.of(ref, "public") || at === door.of(ref, "private"));
    if (found !== undefined) return found;
    throw stranger("a door that is none of its Pages'");
  };
  const told = (account: AccountRef, kit: Kit): Told => ({ account, source: "poll", now: kit.now(), ours, app });
  /** What is to be said of the Page, looked at now and then: its subscription, the age of Graph's version. */
  const checked = async (account: AccountRef, first: boolean, kit: Kit): Promise<Swept> => {
    const now = kit.now();
    const since = now - (sweptAt.get(account.id) ?? Number.NEGATIVE_INFINITY);
    // A clock that was set back does not put it off.
    if (since >= 0 && since < sweepMs) return { said: [], missed: false };
    const age = ageOf(options.version ?? defaultVersion, now);
    const old = age === undefined ? [] : [age];
    try {
      const { said, missed } = await sweep(ask, { account, app, subscribe: options.subscribe ?? true, first }, kit);
      sweptAt.set(account.id, now);
      return { said: [...old, ...said], missed };
    } catch (thrown) {
      const { fault, message } = BridgeError.from(thrown, "facebook");
      // Who may not look does not look with every pass; what is said meanwhile must be read all the more.
      if (fault === "forbidden" || fault === "invalid") sweptAt.set(account.id, now);
      const say = `facebook: Page ${account.id}: its subscription could not be looked after: ${message}`;
      return { said: [...old, say], missed: false };
    }
  };

  return {
    name: channelName,
    accounts: () => accounts,
    can: (ref) => abilitiesOf(pageOf(ref), options),
    bucket: bucketName,
    capacity: async (ref, act, kit) => usage.capacity(ref, bucketOf(act), kit.now()),
    price: () => price,
    fits: (text, side) => fits(text, side, disclosure),
    length: (text, side) => lengthOf(text, side, disclosure),
    parts: (text, side) => partsOf(text, (part) => fits(part, side, disclosure)),
    check: ({ webhook }, kit) => findingsOf({ ask, usage, options, accounts }, webhook, kit),
    setup: ({ webhook }, kit) => stepsOf({ ask, usage, options, accounts }, webhook, kit),
    pollMs: options.pollMs ?? 120_000,
    read: async (delivery, kit) => {
      if (delivery.method === "GET") {
        return { handshake: handshake(delivery, await fetched("app.verifyToken", options.app.verifyToken)) };
      }
      if (delivery.method !== "POST") {
        const say = "Meta delivers by POST and asks by GET. Mount the channel's path for both.";
        throw new BridgeError(say, { fault: "malformed", adapter: "facebook", landed: "no" });
      }
      verify(delivery, await fetched("app.secret", options.app.secret));
      return readBody(delivery.body, { accounts, app, now: kit.now() });
    },
    since: async function* (ref, { cursor }, kit) {
      const { ads = false } = pageOf(ref);
      const swept = await checked(ref, cursor === undefined, kit);
      const refusals = refusedAt.get(ref.id) ?? new Map<Source, number>();
      const about = { account: ref, told: told(ref, kit), cursor, ads, refusedAt: refusals };
      const old = async (): Promise<readonly string[]> => (app === undefined ? [] : ageing(ask, ref, pageOf(ref), kit));
      yield* catchUp(ask, { ...about, ageing: old }, swept, kit);
    },
    past: pastOf(ask, told),
    recheck: (ref, posts, kit) => lookAgain(ask, posts, told(ref, kit), kit),
    url: ({ account, id }) => new URL(/^\d+_\d+/.test(id) ? postUrl(account, id) : inboxUrl(account)),
    parse: (url) =>
      accounts.flatMap((account) => {
        const id = postIdOf(url, account.id);
        return id === undefined ? [] : [{ account, id }];
      }),
    perform: (task, kit) => {
      const ref = refOf(task.effect.door);
      return performOnFacebook(ask, task, { page: pageOf(ref), told: told(ref, kit), disclosure }, kit);
    },
    landed: async (task, sent, kit) => {
      const ref = refOf(task.effect.door);
      try {
        return await findLanded(ask, { task, sent, told: told(ref, kit), disclosure }, kit);
      } catch (thrown) {
        const error = BridgeError.from(thrown, "facebook").judged("unknown");
        // Under what was taken back nothing is shown any more: that is a look, and it saw nothing.
        if (error.fault === "missing") return "unknown";
        // A failed look says nothing about the act.
        throw error;
      }
    },
  };
};

/** Makes the Facebook channel, of options or of an environment. */
export interface FacebookAdapter {
  /**
   * Makes the channel. It calls nobody, and loads no SDK, before its first request.
   *
   * @throws BridgeError `invalid`, naming everything missing or wrong in the options at once.
   * @example facebook({ app: { id, secret, verifyToken }, pages: [{ id: "448242228374517", token }] })
   */
  (options: FacebookOptions): Channel;
  /**
   * Makes the channel of an environment: FACEBOOK_APP_ID, FACEBOOK_APP_SECRET (comma-separated while it is rotated),
   * FACEBOOK_VERIFY_TOKEN and, for each Page, FACEBOOK_PAGE_ID, FACEBOOK_PAGE_TOKEN and, if Meta approved it,
   * FACEBOOK_HUMAN_AGENT=true; FACEBOOK_PAGE_USERNAME for links; FACEBOOK_ADS=true for comments under advertisements. Further Pages carry _2, _3 and so on behind each name; FACEBOOK_GRAPH_VERSION if another
   * is wanted. What an environment cannot hold comes second.
   *
   * @throws BridgeError `invalid`, naming every variable that is missing.
   */
  fromEnv(env: Readonly<Record<string, string | undefined>>, options?: Partial<FacebookOptions>): Channel;
}

/** The Facebook channel: `facebook(options)`, or `facebook.fromEnv(env)`. */
export const facebook: FacebookAdapter = Object.assign(make, {
  fromEnv: (env: Readonly<Record<string, string | undefined>>, options: Partial<FacebookOptions> = {}) =>
    make(optionsFromEnv(env, options)),
});
