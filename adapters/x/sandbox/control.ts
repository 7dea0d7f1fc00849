import { BridgeError } from "casethread/adapter";
import type { XPeople } from "./types.ts";

const verbs = [
  "persona",
  "say",
  "dm",
  "followInvite",
  "edit",
  "remove",
  "connect",
  "inject",
  "rate",
  "calm",
  "settled",
  "posted",
] as const;
type Verb = (typeof verbs)[number];
const isVerb = (word: string): word is Verb => verbs.some((verb) => verb === word);

const call = async (people: XPeople, verb: Verb, args: readonly unknown[]): Promise<unknown> => {
  // The client's arguments, as they were: both ends have the same signatures.
  const method = people[verb] as (...given: readonly unknown[]) => Promise<unknown>;
  return method(...args);
};

/** Serves what people do, for other processes: `POST /sandbox/<verb>` with the arguments as an array, `GET /sandbox/state`. */
export const control = async (request: Request, people: XPeople): Promise<Response | undefined> => {
  const verb = /^\/sandbox\/(\w+)$/.exec(new URL(request.url).pathname)?.[1];
  if (verb === undefined) return undefined;
  if (verb === "state") return Response.json(await people.state());
  if (request.method !== "POST" || !isVerb(verb)) {
    return Response.json({ error: `POST one of ${verbs.join(", ")}, or GET state` }, { status: 404 });
  }
  try {
    const body: unknown = await request.json().catch(() => []);
    // One object may stand for itself: easier by hand.
    return Response.json({ value: await call(people, verb, Array.isArray(body) ? body : [body]) });
  } catch (thrown) {
    return Response.json({ error: thrown instanceof Error ? thrown.message : "failed" }, { status: 400 });
  }
};

const isAnswer = (value: unknown): value is { readonly value?: unknown; readonly error?: unknown } =>
  typeof value === "object" && value !== null;

/** The people of a sandbox in another process. */
export const xSandboxClient = (origin: string): XPeople => {
  const ask = async <T>(verb: Verb, args: readonly unknown[]): Promise<T> => {
    const response = await fetch(new URL(`/sandbox/${verb}`, origin), { method: "POST", body: JSON.stringify(args) });
    const answer: unknown = await response.json();
    if (response.ok && isAnswer(answer)) return answer.value as T;
    const say = isAnswer(answer) && typeof answer.error === "string" ? answer.error : `it answered ${response.status}`;
    throw new BridgeError(say, { fault: "invalid", adapter: "x sandbox", landed: "no" });
  };
  return {
    persona: (...args) => ask("persona", args),
    say: (...args) => ask("say", args),
    dm: (...args) => ask("dm", args),
    followInvite: (...args) => ask("followInvite", args),
    edit: (...args) => ask("edit", args),
    remove: (...args) => ask("remove", args),
    connect: (...args) => ask("connect", args),
    inject: (...args) => ask("inject", args),
    rate: (...args) => ask("rate", args),
    calm: (...args) => ask("calm", args),
    settled: (...args) => ask("settled", args),
    posted: (...args) => ask("posted", args),
    state: async () => {
      const response = await fetch(new URL("/sandbox/state", origin));
      return (await response.json()) as Awaited<ReturnType<XPeople["state"]>>;
    },
  };
};
