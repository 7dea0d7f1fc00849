import { readFile } from "node:fs/promises";
import { BridgeError } from "casethread";
import { serve, turnAway } from "casethread/sandbox";
import { createDesk, type Desk } from "./desk.ts";
import { createFaultBoard } from "./faults.ts";
import { createCustomer } from "./feed.ts";
import { createLive, type Live } from "./live.ts";
import { createWorld } from "./world.ts";

const mostBytes = 128 * 1024;
/** A comment now and then: a listener that has gone is noticed when it is written to. */
const beatMs = 15_000;

/** Nothing but this server's own files runs, is shown or is asked, and nothing is made of text. */
const guards: Readonly<Record<string, string>> = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; "),
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
};

const types: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  ts: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

const say = (text: string, status: number, more: Readonly<Record<string, string>> = {}): Response =>
  new Response(`${text}\n`, { status, headers: { ...guards, "content-type": "text/plain; charset=utf-8", ...more } });
const json = (value: unknown, status = 200): Response => Response.json(value, { status, headers: guards });

const read = async (name: string): Promise<string | undefined> => {
  try {
    return await readFile(new URL(`page/${name}`, import.meta.url), "utf8");
  } catch {
    return undefined;
  }
};

/** A module of the page as it is in the source: TypeScript still. In the package none is. */
const fromSource = async (stem: string): Promise<string | undefined> => {
  const text = await read(`${stem}.ts`);
  if (text === undefined) return undefined;
  const { stripTypeScriptTypes } = await import("node:module");
  return stripTypeScriptTypes(text);
};

/** A file of the page. */
const file = async (path: string): Promise<Response> => {
  const name = path === "/" ? "index.html" : path.slice(1);
  const [, stem, ending] = /^([A-Za-z][\w-]*)\.(html|css|js|ts|svg)$/.exec(name) ?? [];
  if (stem === undefined || ending === undefined) return say("nothing is here", 404);
  const made = ending === "ts" ? undefined : await read(name);
  const text = made ?? (/^[jt]s$/.test(ending) ? await fromSource(stem) : undefined);
  if (text === undefined) return say("nothing is here", 404);
  return new Response(text, { headers: { ...guards, "content-type": types[ending] ?? "" } });
};

/** The parts of the page as they change: an event each, until the browser goes. */
const events = (live: Live, signal: AbortSignal): Response => {
  const encoder = new TextEncoder();
  let end = (): void => undefined;
  const body = new ReadableStream<Uint8Array>({
    start: (out) => {
      const write = (text: string): void => out.enqueue(encoder.encode(text));
      write("retry: 500\n\n");
      const hush = live.listen((name, value) =>
        write(`event: part\nid: ${encodeURIComponent(name)}\ndata: ${value}\n\n`),
      );
      const beat = setInterval(() => write(": still here\n\n"), beatMs);
      end = () => {
        clearInterval(beat);
        hush();
      };
      signal.addEventListener("abort", end, { once: true });
    },
    cancel: () => end(),
  });
  return new Response(body, { headers: { ...guards, "content-type": "text/event-stream; charset=utf-8" } });
};

const bodyOf = async (request: Request): Promise<unknown> => {
  const text = await request.text();
  if (text.length > mostBytes) throw new SyntaxError("too long");
  return JSON.parse(text);
};

const act = async (desk: Desk, live: Live, verb: string, request: Request): Promise<Response> => {
  // A page elsewhere can send text without asking first; of JSON its browser asks, and is answered by nobody.
  if (request.headers.get("content-type") !== "application/json") return say("send JSON", 415);
  let given: unknown;
  try {
    given = await bodyOf(request);
  } catch {
    return json({ error: "the body is no JSON, or too long" }, 400);
  }
  try {
    return json({ value: await desk.do(verb, given) });
  } catch (thrown) {
    if (thrown instanceof BridgeError) return json({ error: thrown.message.replace(/^\[[^\]]+\] /, "") }, 400);
    return json({ error: thrown instanceof Error ? thrown.message : "it failed" }, 500);
  } finally {
    if (verb !== "ways") live.stir();
  }
};

/** The console, on loopback. */
export interface Console extends AsyncDisposable {
  readonly url: string;
  /** Rejects when the bridge behind it stops working. */
  readonly working: Promise<void>;
}

/**
 * Serves the console: a page over networks, a CRM and a bridge of its own.
 *
 * @throws Error with the code of node:net when the port cannot be had.
 */
export const createConsole = async ({ port }: { readonly port: number }): Promise<Console> => {
  const { promise: begun, resolve: begin } = Promise.withResolvers<{ readonly desk: Desk; readonly live: Live }>();
  const handler = async (request: Request): Promise<Response> => {
    const away = turnAway(request);
    if (away !== undefined) return away;
    const url = new URL(request.url);
    const verb = /^\/do\/([a-z]+)$/.exec(url.pathname)?.[1];
    if (request.method === "POST" && verb !== undefined) {
      const { desk, live } = await begun;
      return act(desk, live, verb, request);
    }
    if (request.method !== "GET")
      return say("the console is asked by GET, and told by POST /do/…", 405, { allow: "GET" });
    if (url.pathname === "/events") return events((await begun).live, request.signal);
    return file(url.pathname);
  };
  const server = await serve(handler, { port });
  const world = await createWorld().catch(async (thrown: unknown) => {
    await server[Symbol.asyncDispose]();
    throw thrown;
  });
  const customer = createCustomer(world);
  const faults = createFaultBoard(world);
  const live = createLive(world, customer, faults);
  begin({ desk: createDesk(world, customer, faults), live });
  return {
    url: `${server.origin}/`,
    working: world.working,
    [Symbol.asyncDispose]: async () => {
      await live[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
};
