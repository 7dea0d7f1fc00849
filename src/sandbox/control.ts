import { BridgeError } from "../core/contracts/errors.ts";

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

const toldOf = (thrown: unknown, verb: string): string => {
  if (thrown instanceof SyntaxError) return "the body is no JSON: look at how it is quoted";
  // By hand, something is soon left out. One with a cause is of a call that failed.
  if (thrown instanceof TypeError && thrown.cause === undefined)
    return `${verb} needs more than it was given: the sandbox's types name all of it`;
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
    return Response.json({ error: toldOf(thrown, known) }, { status: 400 });
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
    throw new BridgeError(say, { fault: "invalid", adapter: sandbox, landed: "no" });
  };
  return Object.fromEntries(verbs.map((verb) => [verb, (...args: readonly unknown[]) => ask(verb, args)])) as T;
};
