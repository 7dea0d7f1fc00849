/**
 * The X channel: mentions, replies, quotes and private messages of any number of accounts under one app.
 *
 * @module
 */
import {
  type AccountRef,
  BridgeError,
  type Channel,
  door,
  type Found,
  type FromChannel,
  type Kit,
  partsOf,
  revealed,
  revealedAll,
} from "casethread/adapter";
import { performOnX } from "./act.ts";
import { blocked, createBreaker } from "./breaker.ts";
import { catchUp } from "./catchup.ts";
import { agentTo, createCaller, type XClient } from "./client.ts";
import { postIdOf, postUrl } from "./ids.ts";
import { bucketName, createGauge } from "./limits.ts";
import { paced } from "./paced.ts";
import { inviteAs, priceOf, pricesOf } from "./prices.ts";
import { checkOptions, optionsFromEnv } from "./check.ts";
import { createFetchFile, fileAgent } from "./file.ts";
import { findingsOf } from "./findings.ts";
import { createUploads } from "./media.ts";
import type { XAccount, XOptions } from "./options.ts";
import { besides, keepRules, keywordStream, readOverheard, together } from "./overhear.ts";
import { handshake, readBody, verify } from "./read.ts";
import { createMarks, findLanded, newestShown } from "./readback.ts";
import { recheckAll } from "./recheck.ts";
import type { Told } from "./said.ts";
import { createSpend } from "./spend.ts";
import { listenTo, openAt, type OpenStream } from "./stream.ts";
import { stepsOf } from "./steps.ts";
import { pastOf } from "./past.ts";
import { sweep } from "./sweep.ts";
import { abilitiesOf } from "./terms.ts";
import { fitsMessage, fitsPost, lengthOf } from "./text.ts";
import { appOf } from "./webhooks.ts";

export type { RateLimit, XAnswer, XClient, XQuery, XWhole } from "./client.ts";
export type { Secret } from "casethread/adapter";
export { scopes, type XAuthorised, type XLogin, type XSetup, xSetup, type XSetupMaker } from "./setup.ts";
export type { XSubscription, XWebhook } from "./webhooks.ts";
export type { XPrices } from "./prices.ts";
export type { OAuth2, XAccount, XCredentials, XOptions } from "./options.ts";

const channelName = "x";
// The webhook and the subscriptions are looked at this often.
const sweepMs = 600_000;
// Two of each of 1,000 conversations, in one file.
const recheckMost = 2_000;

const stranger = (what: string): BridgeError =>
  new BridgeError(`x() was asked about ${what}: add the account to its options.`, {
    fault: "invalid",
    adapter: "x",
    landed: "no",
  });

type Streamed = Parameters<NonNullable<XClient["stream"]>>[1];

async function* streamOf(made: XClient | Promise<XClient>, signal: AbortSignal, of: Streamed): AsyncGenerator<string> {
  const client = await made;
  if (client.stream !== undefined) yield* client.stream(signal, of);
}

const make = (given: XOptions): Channel => {
  const options = checkOptions(given);
  const refs = new Map<string, AccountRef>(options.accounts.map(({ id }) => [id, { channel: channelName, id }]));
  const accounts = [...refs.values()];
  const ours = new Set(refs.keys());
  const prices = pricesOf(options.prices);
  const marks = createMarks();
  const gauge = createGauge();
  const breaker = createBreaker();
  const contracts = options.accounts.filter(({ tier }) => tier === "enterprise").map(({ id }) => id);
  const spend = createSpend(prices, options.budgetUsdPerDay, new Set(contracts));
  const ask = paced(createCaller(options), gauge, spend, breaker);
  // Where X is on loopback, for tests, so are all files.
  const uploads = createUploads(
    ask,
    createFetchFile(options.origin === undefined ? fileAgent() : agentTo(options.origin)),
  );
  const swept = new Map<string, number>();
  const inviteText = options.inviteText ?? ((token: string) => `Reference: ${token}`);

  const settings = (ref: AccountRef): XAccount => {
    const account = ref.channel === channelName ? options.accounts.find(({ id }) => id === ref.id) : undefined;
    if (account !== undefined) return account;
    throw stranger(`account ${ref.id}`);
  };
  const refOf = (at: string): AccountRef => {
    const found = accounts.find((ref) => at === door.of(ref, "public") || at === door.of(ref, "private"));
    if (found !== undefined) return found;
    throw stranger("a door that is none of its accounts");
  };
  const told = (ref: AccountRef, kit: Kit): Told => ({ account: ref, source: "poll", now: kit.now(), ours });
  const secrets = async (): Promise<readonly string[]> => {
    try {
      return await revealedAll(options.app.consumerSecret);
    } catch {
      // Whatever the vault said may hold what it guards.
      const say = "app.consumerSecret could not be fetched: look at where it comes from.";
      throw new BridgeError(say, { fault: "unavailable", adapter: "x", landed: "no" });
    }
  };
  /** What is to be said of the webhook and the account's subscriptions, looked at now and then. */
  const checked = async (
    account: XAccount,
    first: boolean,
    kit: Kit,
  ): Promise<{ readonly said: readonly string[]; readonly missed: boolean }> => {
    const now = kit.now();
    const { webhook: url, stream = false } = options;
    if ((url === undefined && !stream) || now - (swept.get(account.id) ?? Number.NEGATIVE_INFINITY) < sweepMs)
      return { said: [], missed: false };
    swept.set(account.id, now);
    try {
      const said = await sweep(ask, { app: appOf(options), accounts: [account], url, first }, kit);
      return { said, missed: said.length > 0 };
    } catch (thrown) {
      // What is said meanwhile must be read all the more.
      const { message } = BridgeError.from(thrown, "x");
      const say = `x: account ${account.id}: its deliveries could not be looked after: ${message}`;
      return { said: [say], missed: false };
    }
  };

  const open = (of: Streamed): OpenStream => {
    const { client } = options;
    if (client !== undefined) return (signal) => streamOf(client(appOf(options)), signal, of);
    const path = of === "activity" ? "activity/stream" : keywordStream;
    return openAt(agentTo(options.origin), () => revealed(options.app.bearer ?? ""), path);
  };
  const heard = (found: Found<FromChannel>, kit: Kit): Found<FromChannel> => {
    spend.delivered(found.events, kit.now());
    return found;
  };
  const listen = (of: Kit): AsyncIterable<Found<FromChannel>> => {
    const ended = new AbortController();
    const kit = { ...of, signal: AbortSignal.any([of.signal, ended.signal]) };
    const activity = listenTo(
      open("activity"),
      (line) => heard(readBody(new TextEncoder().encode(line), accounts, kit.now(), "stream"), kit),
      kit,
    );
    if (!options.accounts.some(({ keywords = [] }) => keywords.length > 0)) return activity;
    const keywords = listenTo(
      async function* (signal) {
        await keepRules(ask, { app: appOf(options), accounts: options.accounts }, kit);
        yield* open("keywords")(signal);
      },
      (line) =>
        heard(
          readOverheard(line, accounts, (ref) => ({ ...told(ref, kit), source: "stream" })),
          kit,
        ),
      kit,
      "stream/keywords",
    );
    return together([activity, besides(keywords)], () => ended.abort());
  };

  return {
    name: channelName,
    accounts: () => accounts,
    can: (ref) => abilitiesOf(settings(ref), options),
    bucket: bucketName,
    capacity: async (ref, act, kit) => gauge.capacity(ref, act, kit.now()),
    price: (task) => {
      const owner = options.accounts.find(({ id }) => task.effect.door.startsWith(`${channelName}/${id}/`));
      return priceOf(task, owner, prices);
    },
    parts: (text, side) => partsOf(text, side === "public" ? fitsPost : fitsMessage),
    fits: (text, side) => (side === "public" ? fitsPost(text) : fitsMessage(text)),
    length: lengthOf,
    read: async (delivery, kit) => {
      if (delivery.method === "GET") return { handshake: handshake(delivery, await secrets()) };
      if (delivery.method !== "POST") {
        const say = "X delivers by POST and asks by GET. Mount the channel's path for both.";
        throw new BridgeError(say, { fault: "malformed", adapter: "x", landed: "no" });
      }
      verify(delivery, await secrets());
      const found = readBody(delivery.body, accounts, kit.now());
      spend.delivered(found.events, kit.now());
      return found;
    },
    ...(options.stream === true ? { listen } : {}),
    check: ({ webhook = options.webhook }, kit) => findingsOf(ask, options, webhook, kit),
    setup: ({ webhook = options.webhook }, kit) => stepsOf(ask, options, webhook, kit),
    spending: (kit) => spend.today(kit),
    past: pastOf(ask, options, {
      settings,
      told,
      prices,
      allow: (account, kit) => spend.allow("catch-up", account, kit),
    }),
    since: async function* (ref, { cursor, waiting = [] }, kit) {
      const account = settings(ref);
      await spend.allow("catch-up", account.id, kit);
      const locked = await breaker.until(account.id, kit);
      const { said, missed } = await checked(account, cursor === undefined, kit);
      const alarms = locked === undefined ? said : [`x: account ${account.id}: ${blocked(locked).message}`, ...said];
      const { messagesEvery = 2 } = options;
      yield* catchUp(ask, { account, told: told(ref, kit), cursor, messagesEvery, waiting, missed }, alarms, kit);
    },
    recheckMost,
    recheck: (ref, posts, kit) => {
      const app = options.app.bearer === undefined ? undefined : appOf(options);
      return recheckAll(ask, { app, account: settings(ref), posts, told: told(ref, kit) }, kit);
    },
    url: ({ id }) => new URL(/^\d+-\d+$/.test(id) ? `https://x.com/messages/${id}` : postUrl(id)),
    parse: (url) => {
      const id = postIdOf(url);
      return id === undefined ? [] : accounts.map((account) => ({ account, id }));
    },
    perform: async (task, kit) => {
      const act = task.effect.act;
      const ref = refOf(task.effect.door);
      const account = settings(ref);
      const media = await uploads.idsOf(task, account, kit);
      const by = { account, told: told(ref, kit), inviteText, inviteAs: inviteAs(prices), media };
      const receipt = await performOnX(ask, task, by, kit);
      if (act.do === "reply" && receipt.post !== undefined) marks.saw(ref, undefined, receipt.post.id);
      if (act.do === "message" && receipt.message !== undefined) marks.saw(ref, act.to, receipt.message);
      return receipt;
    },
    prepare: async (task, kit) => {
      await uploads.idsOf(task, settings(refOf(task.effect.door)), kit);
    },
    mark: async (at, { to }, kit) => {
      const ref = refOf(at);
      if (at.endsWith("/private") && to === undefined) return undefined;
      return newestShown(
        ask,
        { account: settings(ref), ref, to: at.endsWith("/private") ? to : undefined, marks },
        kit,
      );
    },
    landed: async (task, sent, kit) => {
      const ref = refOf(task.effect.door);
      try {
        return await findLanded(ask, { task, sent, account: settings(ref), told: told(ref, kit) }, kit);
      } catch (thrown) {
        // A failed look says nothing about the act.
        throw BridgeError.from(thrown, "x").judged("unknown");
      }
    },
  };
};

/** Makes the X channel, of options or of an environment. */
export interface XAdapter {
  /**
   * Makes the channel. It calls nobody, and loads no SDK, before its first request.
   *
   * @throws BridgeError `invalid`, naming everything missing or wrong in the options at once.
   * @example x({ app: { consumerKey, consumerSecret }, accounts: [{ id: "783214", credentials: { accessToken, accessSecret } }] })
   */
  (options: XOptions): Channel;
  /**
   * Makes the channel of an environment: X_CONSUMER_KEY, X_CONSUMER_SECRET (comma-separated while it is rotated) and, for
   * each account, X_ACCOUNT_ID with X_ACCESS_TOKEN and X_ACCESS_SECRET, with X_REFRESH_TOKEN (and X_CLIENT_ID, X_CLIENT_SECRET,
   * X_TOKEN_KEY for all), or with X_BEARER_TOKEN. Further accounts carry _2, _3 and so on behind each name. What an
   * environment cannot hold comes second.
   *
   * @throws BridgeError `invalid`, naming every variable that is missing.
   */
  fromEnv(env: Readonly<Record<string, string | undefined>>, options?: Partial<XOptions>): Channel;
}

/** The X channel: `x(options)`, or `x.fromEnv(env)`. */
export const x: XAdapter = Object.assign(make, {
  fromEnv: (env: Readonly<Record<string, string | undefined>>, options: Partial<XOptions> = {}) =>
    make(optionsFromEnv(env, options)),
});
