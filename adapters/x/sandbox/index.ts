/**
 * X on this machine: a network with state that speaks the endpoints the X channel uses, with X's rules, limits and moods.
 * Each rule names X's page, or says that X documents none.
 *
 * @module
 */
import { setTimeout as pause } from "node:timers/promises";
import { type Clock, createChance, createClock, createFaults, CutConnection, serve } from "casethread/sandbox";
import { answer as answerAsked, type Asked, type Done } from "./api.ts";
import { isArchive, theApp } from "./archive.ts";
import { bodyOf, fileAt } from "./body.ts";
import { type Called, type Calling, inProcess } from "./client.ts";
import { createCompliance } from "./compliance.ts";
import { checked, control } from "./control.ts";
import { type Announcement, createAnnouncer } from "./events.ts";
import { createLimits } from "./limits.ts";
import { createFiles } from "./media.ts";
import { createOAuth } from "./oauth.ts";
import { createPeople } from "./people.ts";
import { refusals } from "./problems.ts";
import { createRegistry } from "./registry.ts";
import { createRules } from "./rules.ts";
import { createStreams } from "./stream.ts";
import { accessOf, accessSecret, accessToken, accountOf, appToken, envOf } from "./tokens.ts";
import type { SeenRequest, XFault, XSandbox, XSandboxOptions } from "./types.ts";
import { createWebhook } from "./webhook.ts";
import { createWorld, type User } from "./world.ts";

export { xSandboxClient } from "./control.ts";
export type { SeenRequest, Whom, XFault, XHostility, XPeople, XSandbox, XSandboxOptions, XState } from "./types.ts";
export type { Letter, Post, User } from "./world.ts";

// As far back as a replay goes.
const mostTold = 5_000;
const [lateMs, echoWaitMs] = [250, 500];

/** Starts X on this machine. Unkind by default: its index lags, deliveries double and overtake, echoes come before answers. */
export const createXSandbox = async (options: XSandboxOptions): Promise<XSandbox> => {
  const clock: Clock = options.clock ?? createClock();
  const {
    indexLagMs = 2_000,
    doubleRate = 0.2,
    reorder = true,
    lateAnswers = 0.05,
    echoFirst = 0.5,
  } = options.hostile ?? {};
  const { consumerKey = "sandbox-key", consumerSecret = "sandbox-consumer-secret" } = options.app ?? {};
  const chance = createChance(options.seed ?? 1);
  const faults = createFaults<XFault>(chance);
  faults.rate("late-answer", lateAnswers);

  const world = createWorld(clock, chance, indexLagMs);
  for (const { id, handle, tier = "self-serve" } of options.accounts)
    world.addUser(handle, { id, tier, acceptsMessages: true });
  const announcer = createAnnouncer(world, chance);
  const limits = createLimits(clock);
  const streams = createStreams(clock, 2);
  const rules = createRules(world, () => clock.now());
  const overheard = createStreams(clock, 1);
  const compliance = createCompliance(world, clock);
  const oauth = createOAuth(
    clock,
    options.accounts.map(({ id }) => id),
  );
  const files = createFiles(clock);
  const webhook = createWebhook(consumerSecret, { clock, chance }, { doubleRate, reorder });
  const requests: SeenRequest[] = [];
  const announced: { readonly at: number; readonly one: Announcement }[] = [];
  const registry = createRegistry(webhook, clock, (from, to) => {
    for (const { at, one } of announced) if (at >= from && at <= to) void webhook.deliveries.push(one);
  });

  const announce = (all: readonly Announcement[]): Promise<unknown> => {
    const heard = all.filter(({ account, type }) => registry.hears(account, type));
    announced.push(...heard.map((one) => ({ at: clock.now(), one })));
    if (announced.length > mostTold) announced.splice(0, announced.length - mostTold);
    for (const { body } of heard) streams.push(body);
    const kept = webhook.connected() ? heard.filter(() => !faults.strikes("lost-webhook")) : [];
    return Promise.all(kept.map((one) => webhook.deliveries.push(one)));
  };
  const tell = {
    posted: (post: Parameters<typeof announcer.posted>[0]) => {
      const found = rules.told(post);
      if (found !== undefined) overheard.push(found);
      void announce(announcer.posted(post));
    },
    removed: (post: Parameters<typeof announcer.removed>[0]) => void announce(announcer.removed(post)),
    wrote: (letter: Parameters<typeof announcer.wrote>[0]) => void announce(announcer.wrote(letter)),
  };

  const echoed = async ({ posted, removed, wrote }: Done): Promise<void> => {
    const told = announce([
      ...(posted === undefined ? [] : announcer.posted(posted)),
      ...(removed === undefined ? [] : announcer.removed(removed)),
      ...(wrote === undefined ? [] : announcer.wrote(wrote)),
    ]);
    if (chance() < echoFirst) await Promise.race([told, pause(echoWaitMs, undefined, { ref: false })]);
  };

  const moody = async (asked: Asked, signal: AbortSignal): Promise<Done["answer"]> => {
    const acts = asked.method !== "GET";
    if (acts && faults.strikes("hang")) {
      await pause(60_000, undefined, { signal, ref: false }).catch(() => undefined);
      throw new CutConnection();
    }
    if (acts && faults.strikes("503-before")) return refusals.away;
    const done = answerAsked(asked, world, {
      now: () => clock.now(),
      implicitSummons: options.implicitSummons ?? true,
      files,
    });
    if (!acts || done.answer.status >= 400) return done.answer;
    await echoed(done);
    if (faults.strikes("lost-response")) throw new CutConnection();
    if (faults.strikes("503-after")) return refusals.away;
    if (faults.strikes("duplicate-after")) return refusals.duplicate;
    if (faults.strikes("late-answer")) await pause(lateMs);
    return done.answer;
  };

  const ask = async (
    by: User | undefined,
    call: Omit<Calling, "account"> & { readonly isApp: boolean },
    signal: AbortSignal,
  ): Promise<Called> => {
    const { isApp, method, path, query, body } = call;
    const seen: SeenRequest = {
      at: clock.now(),
      ...(by === undefined ? {} : { account: by.id }),
      method,
      path,
      query: Object.fromEntries(query),
      ...(body === undefined ? {} : { body }),
    };
    const at = requests.push(seen) - 1;
    const reply = (answer: Done["answer"], headers: Called["headers"] = {}): Called => {
      requests[at] = { ...seen, status: answer.status, answer: answer.body };
      return { answer, headers };
    };
    if ((by === undefined && !isApp) || (method !== "GET" && faults.strikes("401")))
      return reply(refusals.unauthorized);
    const job = isApp ? compliance.answer({ method, path, body }) : undefined;
    if (typeof job === "string") return { ...reply({ status: 200, body: {} }), text: job };
    if (job !== undefined) return reply(job);
    const registered =
      rules.answer({ method, path, body }) ?? (await registry.answer({ method, path, body, by: by?.id }));
    if (registered !== undefined) return reply(registered);
    const asker = by ?? (isApp && isArchive(path) ? theApp : undefined);
    if (asker === undefined) return reply(refusals.noRoute);
    const counted = limits(
      asker.id,
      asker.tier === "enterprise",
      `${method} ${path}`,
      method !== "GET" && !path.startsWith("/2/media/") && faults.strikes("429"),
    );
    if (!counted.allowed) return reply(refusals.throttled, counted.headers);
    if (path.startsWith("/2/media/") && faults.strikes("lost-upload")) {
      requests[at] = { ...seen, status: 0 };
      throw new CutConnection();
    }
    const ended = path.endsWith("/finalize");
    const filed = files.answer({ by: asker.id, method, path, query, body }, ended && faults.strikes("failed-media"));
    if (filed !== undefined) return reply(filed, counted.headers);
    try {
      return reply(await moody({ by: asker, method, path, query, body }, signal), counted.headers);
    } catch (thrown) {
      requests[at] = { ...seen, status: 0 };
      throw thrown;
    }
  };

  const granted = (asked: URLSearchParams): Response => {
    const { status, body } = oauth.grant(asked);
    // What it holds and what it is answered are tokens.
    requests.push({ at: clock.now(), method: "POST", path: "/2/oauth2/token", query: {}, status });
    if (faults.strikes("lost-token")) throw new CutConnection();
    return Response.json(body, { status });
  };

  const opening = (path: string, signal: AbortSignal): ReturnType<typeof streams.open> => {
    if (path === "/2/activity/stream") return streams.open(signal);
    return rules.none() ? refusals.noRules : overheard.open(signal);
  };
  const streamed = (request: Request, path: string, query: URLSearchParams): Response => {
    const isApp = request.headers.get("authorization") === `Bearer ${appToken}`;
    const opened = isApp ? opening(path, request.signal) : refusals.unauthorized;
    const status = "status" in opened ? opened.status : 200;
    requests.push({ at: clock.now(), method: "GET", path, query: Object.fromEntries(query), status });
    if ("status" in opened) return Response.json(opened.body, { status });
    return new Response(opened.pipeThrough(new TextEncoderStream()), {
      headers: { "content-type": "application/json" },
    });
  };

  const api = async (request: Request): Promise<Response> => {
    const { pathname: path, searchParams: query } = new URL(request.url);
    if (path === "/" || path.startsWith("/files/")) return fileAt(path);
    if (path === "/2/oauth2/token") return granted(new URLSearchParams(await request.text()));
    const body = await bodyOf(request);
    const by = accountOf(request.headers.get("authorization"), world, oauth);
    if (/^\/2\/(?:activity|tweets\/search)\/stream$/.test(path)) return streamed(request, path, query);
    const isApp = request.headers.get("authorization") === `Bearer ${appToken}`;
    const { answer, headers, text } = await ask(
      by,
      { method: request.method, path, query, body, isApp },
      request.signal,
    );
    if (text !== undefined) return new Response(text, { headers: { "content-type": "application/x-ndjson" } });
    const type = answer.status >= 400 ? "application/problem+json" : "application/json";
    return Response.json(answer.body, {
      status: answer.status,
      headers: { "content-type": type, ...headers, ...accessOf(request, options.accounts, by?.id) },
    });
  };

  const connect = async (url: string, listener?: Parameters<typeof webhook.connect>[1]): Promise<void> => {
    await webhook.connect(url, listener);
    registry.hearAll(url);
  };

  const people = checked({
    ...createPeople(world, tell),
    connect: ({ url }) => connect(url),
    authorise: async ({ account, url }) => oauth.authorise(account, url),
    listeners: async () => streams.listeners(),
    dropStream: async ({ forMs }) => {
      streams.drop(forMs);
      overheard.drop(forMs);
    },
    lapse: async () => registry.lapse(),
    inject: async ({ fault, times }) => faults.inject(fault, times),
    rate: async ({ fault, probability }) => faults.rate(fault, probability),
    calm: async () => faults.clear(),
    settled: () => webhook.deliveries.settled(),
    posted: async ({ after }) => ({ posts: world.postsFrom(after), next: world.posts.size }),
    state: async () => ({
      users: [...world.users.values()],
      posts: [...world.posts.values()],
      dms: [...world.letters],
      requests: [...requests],
      deliveries: webhook.deliveries.tally(),
    }),
  });

  const server =
    options.listen === false
      ? undefined
      : await serve(
          async (request) => (await control(request, people)) ?? api(request),
          options.port === undefined ? {} : { port: options.port },
        );
  const nowhere = "http://x.sandbox.invalid";
  if (options.webhook !== undefined) await connect(options.webhook.url);
  const client: XSandbox["client"] = ({ id }) =>
    inProcess(
      id,
      ({ account, ...call }) => {
        const user = world.users.get(account);
        const asked = { ...call, isApp: account === "app" };
        return ask(user?.tier === undefined ? undefined : user, asked, new AbortController().signal);
      },
      async function* (signal, of) {
        const opened = opening(of === "activity" ? "/2/activity/stream" : "/2/tweets/search/stream", signal);
        if ("status" in opened) throw new CutConnection();
        for await (const text of opened) yield* text.split("\r\n").slice(0, -1);
      },
    );

  return {
    ...people,
    origin: server?.origin ?? nowhere,
    client,
    attach: (listener) => connect(`${nowhere}/x`, listener),
    faults,
    signed: (body) => webhook.signed(body),
    announces: (id) => {
      const post = world.posts.get(id);
      const letter = world.letters.find((one) => one.id === id);
      const all = post === undefined ? (letter === undefined ? [] : announcer.wrote(letter)) : announcer.posted(post);
      return all.map(({ body }) => body);
    },
    options: () => ({
      app: { consumerKey, consumerSecret, bearer: appToken },
      accounts: options.accounts.map(({ id, handle, tier = "self-serve" }) => ({
        id,
        handle,
        tier,
        credentials: { accessToken: accessToken(id), accessSecret },
      })),
      ...(server === undefined ? { client } : { origin: server.origin }),
    }),
    // Without a socket it leads nowhere, and never to X itself.
    env: () =>
      envOf({ app: { consumerKey, consumerSecret }, accounts: options.accounts, origin: server?.origin ?? nowhere }),
    [Symbol.asyncDispose]: async () => {
      webhook.deliveries.stop();
      await server?.[Symbol.asyncDispose]();
    },
  };
};
