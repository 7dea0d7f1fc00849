import { createHmac } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { Clock } from "casethread/sandbox";
import { createChance, createClock, createFaults, CutConnection } from "casethread/sandbox";
import { fields } from "../sweep.ts";
import { createAppSide } from "./app.ts";
import { inProcess } from "./client.ts";
import { checked } from "./control.ts";
import { answer as answerAsked, type Done, isMessenger } from "./graph.ts";
import { createPeople } from "./people.ts";
import { type Answer, refusals } from "./problems.ts";
import { type Announcement, feedChange, letterEvent } from "./render.ts";
import type {
  FacebookFault,
  FacebookNetwork,
  FacebookSandboxOptions,
  GraphAnswer,
  GraphRequest,
  SeenRequest,
} from "./types.ts";
import { createMeter } from "./usage.ts";
import { createWebhook } from "./webhook.ts";
import { createWorld } from "./world.ts";

const tokenOf = (page: string): string => `EAAG-${page}-sandbox`;
const lateMs = 250;
const echoWaitMs = 500;

const without = (given: unknown): { readonly keys: Record<string, unknown>; readonly rest: unknown } => {
  if (typeof given !== "object" || given === null) return { keys: {}, rest: given };
  const { access_token: token, appsecret_proof: proof, input_token: of, ...rest } = given as Record<string, unknown>;
  return { keys: { token, proof, of }, rest };
};

/** Makes Facebook in this process, without a socket. Unkind by default: Graph lags, deliveries double and overtake, echoes come before answers. */
export const createFacebookNetwork = async (options: FacebookSandboxOptions): Promise<FacebookNetwork> => {
  const clock: Clock = options.clock ?? createClock();
  const {
    indexLagMs = 2_000,
    doubleRate = 0.2,
    reorder = true,
    lateAnswers = 0.05,
    echoFirst = 0.5,
  } = options.hostile ?? {};
  const app = { id: "5550001", secret: "sandbox-app-secret", verifyToken: "sandbox-verify-token", ...options.app };
  const chance = createChance(options.seed ?? 1);
  const faults = createFaults<FacebookFault>(chance);
  faults.rate("late-answer", lateAnswers);
  const pages = options.pages.map(({ id, name, humanAgent = false, ads = false, messaging = true, lacks = [] }) => ({
    id,
    name,
    humanAgent,
    ads,
    lacks,
    messaging,
    token: tokenOf(id),
  }));
  const world = createWorld(pages, { clock, chance, lagMs: indexLagMs });
  const meter = createMeter(clock);
  const requests: SeenRequest[] = [];
  for (const { id } of pages) world.subscriptions.set(id, new Set(fields));

  const webhook = createWebhook(
    app,
    { clock, chance },
    { doubleRate, reorder, deliver: options.deliver },
    (page) => void world.subscriptions.delete(page),
  );
  const appToken = `${app.id}|${app.secret}`;
  const asApp = createAppSide(app, pages, webhook);
  const announce = (all: readonly Announcement[]): Promise<unknown> =>
    Promise.all(
      all
        .filter(({ page, field }) => webhook.connected() && world.subscriptions.get(page)?.has(field) === true)
        .filter(() => !faults.strikes("lost-webhook"))
        .map((one) => webhook.push(one)),
    );
  const tell = (all: readonly Announcement[]): void => void announce(all);

  const echoed = async ({ commented, changed, wrote }: Done): Promise<void> => {
    const now = clock.now();
    const told = announce([
      ...(commented === undefined ? [] : [feedChange(commented, "add", now, world)]),
      ...(changed === undefined ? [] : [feedChange(changed.node, changed.verb, now, world)]),
      ...(wrote === undefined ? [] : [letterEvent(wrote, false)]),
    ]);
    if (chance() >= echoFirst) return;
    // A handed-in clock may stand: then the delivery alone is waited for.
    await (options.deliver === undefined ? Promise.race([told, pause(echoWaitMs, undefined, { ref: false })]) : told);
  };

  const before = (): Answer | undefined => {
    if (faults.strikes("revoked")) return refusals.token();
    if (faults.strikes("throttled")) return refusals.throttled();
    if (faults.strikes("blocked")) return refusals.blocked();
    if (faults.strikes("503-before")) return refusals.away();
    return faults.strikes("html-502") ? refusals.html() : undefined;
  };
  const act = async (perform: () => Done, signal: AbortSignal | undefined): Promise<Answer> => {
    if (faults.strikes("hang")) {
      await pause(60_000, undefined, { ref: false, ...(signal === undefined ? {} : { signal }) }).catch(
        () => undefined,
      );
      throw new CutConnection();
    }
    const refused = before();
    if (refused !== undefined) return refused;
    const done = perform();
    if (done.answer.status >= 400) return done.answer;
    await echoed(done);
    if (faults.strikes("lost-response")) throw new CutConnection();
    if (faults.strikes("503-after")) return refusals.away();
    if (faults.strikes("duplicate-after")) return refusals.duplicate();
    if (faults.strikes("late-answer") && options.deliver === undefined) await pause(lateMs);
    return done.answer;
  };

  const graph = async (request: GraphRequest, signal?: AbortSignal): Promise<GraphAnswer> => {
    const inQuery = without(request.query);
    const inBody = without(request.body);
    const token = inBody.keys["token"] ?? inQuery.keys["token"];
    const proof = inBody.keys["proof"] ?? inQuery.keys["proof"];
    const by = pages.find((page) => page.token === token);
    const { method, path } = request;
    const seen: SeenRequest = {
      at: clock.now(),
      ...(by === undefined ? {} : { page: by.id }),
      method,
      path,
      query: inQuery.rest as Record<string, string>,
      ...(request.body === undefined ? {} : { body: inBody.rest }),
    };
    const at = requests.push(seen) - 1;
    const reply = ({ status, body }: Answer, headers: Readonly<Record<string, string>> = {}): GraphAnswer => {
      requests[at] = { ...seen, status, answer: body };
      return { status, headers, body };
    };
    if (typeof token !== "string" || (by === undefined && token !== appToken)) return reply(refusals.token());
    if (proof !== createHmac("sha256", app.secret).update(token).digest("hex")) {
      return reply(refusals.parameter("Invalid appsecret_proof provided in the API argument"));
    }
    const [, rest] = /^\/v2[1-9]\.0\/(.+)$/.exec(path) ?? [];
    if (rest === undefined) return reply(refusals.parameter("Unknown path components"));
    const query = inQuery.rest as Record<string, string>;
    if (by === undefined) {
      const of = typeof inQuery.keys["of"] === "string" ? { input_token: inQuery.keys["of"] } : {};
      return reply(await asApp({ method, path: rest, query: { ...query, ...of }, body: inBody.rest }));
    }
    const { allowed, headers } = meter.count(by.id, isMessenger(path.split("/").at(-1) ?? ""));
    if (!allowed) return reply(refusals.throttled(), headers);
    const perform = (): Done =>
      answerAsked(
        {
          by,
          method,
          path: rest,
          query,
          body: inBody.rest,
          now: clock.now(),
          app: app.id,
        },
        world,
      );
    // A subscription is set up, not said.
    const acts = method !== "GET" && !/\/(?:subscribed_apps|messenger_profile)$/.test(path);
    try {
      return reply(acts ? await act(perform, signal) : perform().answer, headers);
    } catch (thrown) {
      requests[at] = { ...seen, status: 0 };
      throw thrown;
    }
  };

  if (options.webhook !== undefined) await webhook.connect(options.webhook.url);
  const idOf = (whom: string | { readonly id: string }): string => (typeof whom === "string" ? whom : whom.id);

  const people = checked({
    ...createPeople(world, { clock, app: app.id }, tell),
    usage: async ({ page, percent, regainMinutes }) => meter.set(idOf(page), percent, regainMinutes),
    unsubscribe: async ({ page }) => webhook.end(idOf(page)),
    connect: ({ url }) => webhook.connect(url),
    inject: async ({ fault, times }) => faults.inject(fault, times),
    rate: async ({ fault, probability }) => faults.rate(fault, probability),
    calm: async () => faults.clear(),
    settled: () => webhook.deliveries.settled(),
    state: async () => ({
      users: [...world.users.values()],
      nodes: [...world.nodes.values()],
      letters: [...world.letters],
      requests: [...requests],
      subscriptions: Object.fromEntries([...world.subscriptions].map(([page, of]) => [page, [...of]])),
      deliveries: webhook.deliveries.tally(),
    }),
  });
  return {
    ...people,
    faults,
    graph,
    client: () => inProcess((request) => graph(request)),
    options: () => ({
      app,
      pages: pages.map(({ id, token, humanAgent, ads }) => ({ id, token, humanAgent, ads })),
    }),
    signed: (body) => webhook.signed(body),
    announces: (id) => {
      const node = world.nodes.get(id);
      const letter = world.letters.find((one) => one.id === id);
      if (node !== undefined) return [feedChange(node, "add", node.at, world).body];
      return letter === undefined ? [] : [letterEvent(letter, false).body];
    },
    [Symbol.asyncDispose]: async () => webhook.deliveries.stop(),
  };
};
