import { BridgeError } from "../core/contracts/errors.ts";
import { type Lack, lacking } from "../core/contracts/given.ts";

const here = new Set(["127.0.0.1", "localhost", "[::1]"]);

/**
 * Keeps out of what people do on a sandbox who is no program of this machine and no page of the sandbox's own: another name
 * that leads here, and a page elsewhere in a browser here. Undefined: it is neither.
 */
export const turnAway = ({ url, headers }: Request): Response | undefined => {
  const { hostname, origin } = new URL(url);
  if (!here.has(hostname)) return new Response("this is served for this machine only\n", { status: 403 });
  const [from, site] = [headers.get("origin"), headers.get("sec-fetch-site")];
  const own = (from === null || from === origin) && (site === null || site === "same-origin" || site === "none");
  return own ? undefined : new Response("another page asks\n", { status: 403 });
};

type Deed = (...given: readonly unknown[]) => Promise<unknown>;

const deedOf = (people: object, verb: string): Deed => Reflect.get(people, verb) as Deed;

/** Knows what a value has to be. Schemas of zod are such. */
export interface Shape {
  safeParse(value: unknown): { readonly error?: { readonly issues: readonly Lack[] } | undefined };
}

/** What each deed takes, argument by argument. */
export type Takes<T> = { readonly [Verb in keyof T & string]: readonly Shape[] };

/**
 * The same deeds, each refused where something is missing or is of another kind: by hand, that is soon so.
 *
 * @throws BridgeError `invalid`, from every deed that is not given what it takes.
 */
export const checkDeeds = <T extends object>(people: T, takes: Takes<T>, sandbox: string): T => {
  const checked = Object.entries<readonly Shape[]>(takes).map(([verb, shapes]) => [
    verb,
    (...given: readonly unknown[]): Promise<unknown> => {
      const lacks = shapes.flatMap((shape, at) => shape.safeParse(given[at]).error?.issues ?? []);
      return lacks.length > 0 ? Promise.reject(lacking(sandbox, verb, lacks)) : deedOf(people, verb)(...given);
    },
  ]);
  return Object.fromEntries(checked) as T;
};

const toldOf = (thrown: unknown): string => {
  if (thrown instanceof SyntaxError) return "the body is no JSON: look at how it is quoted";
  return thrown instanceof Error ? thrown.message : "failed";
};

/**
 * Serves what people do on a sandbox, for other processes: `POST /sandbox/<verb>` with the arguments as an array,
 * `GET /sandbox/state`. Others than programs of this machine are refused. Undefined: the request is for somebody else.
 */
export const serveDeeds = async <T extends object>(
  request: Request,
  people: T,
  verbs: readonly (keyof T & string)[],
): Promise<Response | undefined> => {
  const verb = /^\/sandbox\/(\w+)$/.exec(new URL(request.url).pathname)?.[1];
  if (verb === undefined) return undefined;
  const away = turnAway(request);
  if (away !== undefined) return away;
  const known = verbs.find((one) => one === verb);
  if (known === undefined || (request.method !== "POST" && known !== "state")) {
    return Response.json({ error: `POST one of ${verbs.join(", ")}, or GET state` }, { status: 404 });
  }
  try {
    const body: unknown = JSON.parse((await request.text()) || "[]");
    // One object may stand for itself: easier by hand.
    const value = await deedOf(people, known)(...(Array.isArray(body) ? body : [body]));
    return Response.json(request.method === "POST" ? { value } : value);
  } catch (thrown) {
    return Response.json({ error: toldOf(thrown) }, { status: 400 });
  }
};

const isAnswer = (value: unknown): value is { readonly value?: unknown; readonly error?: unknown } =>
  typeof value === "object" && value !== null;

/**
 * The people of a sandbox in another process.
 *
 * @throws BridgeError `invalid`, from every deed that the sandbox refuses.
 */
export const deedsAt = <T extends object>(origin: string, verbs: readonly (keyof T & string)[], sandbox: string): T => {
  const ask = async (verb: string, args: readonly unknown[]): Promise<unknown> => {
    const response = await fetch(new URL(`/sandbox/${verb}`, origin), { method: "POST", body: JSON.stringify(args) });
    const answer: unknown = await response.json();
    if (response.ok && isAnswer(answer)) return answer.value;
    const say = isAnswer(answer) && typeof answer.error === "string" ? answer.error : `it answered ${response.status}`;
    throw new BridgeError(say.replace(`[${sandbox}: invalid] `, ""), {
      fault: "invalid",
      adapter: sandbox,
      landed: "no",
    });
  };
  return Object.fromEntries(verbs.map((verb) => [verb, (...args: readonly unknown[]) => ask(verb, args)])) as T;
};
