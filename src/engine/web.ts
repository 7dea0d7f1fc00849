import { BridgeError } from "../core/contracts/errors.ts";
import type { Delivery, Found, Kit, Reading } from "../core/contracts/kit.ts";
import type { BridgeEvent } from "../core/words/event.ts";
import { type House, kitFor, thrownBy } from "./house.ts";
import { admitAll } from "./inbox.ts";

/** Bounds of what reaches us over the web. */
export interface Intake {
  /** The largest body that is read, in bytes. @default 4 MiB: Meta batches up to 1,000 updates in one delivery */
  readonly maxBytes: number;
  /** How long a body may take to come, in ms; whoever is slower is told 408. @default 10 seconds */
  readonly bodyMs: number;
  /** Deliveries under way at once; more are told to come back. @default 1,000 */
  readonly maxPending: number;
  /** Bytes of all bodies under way together; more are told to come back. Never less than `maxBytes`. @default 64 MiB */
  readonly maxPendingBytes: number;
  /** What stands before `/<adapter name>` in the path. @default nothing */
  readonly basePath: string;
}

const mebibyte = 1024 * 1024;

/** The bounds as they are where nobody says otherwise. */
export const intakeOf = (given: Partial<Intake> = {}): Intake => {
  const all = {
    maxBytes: 4 * mebibyte,
    bodyMs: 10_000,
    maxPending: 1_000,
    maxPendingBytes: 64 * mebibyte,
    basePath: "",
    ...given,
  };
  // One that is alone is always taken.
  return { ...all, maxPendingBytes: Math.max(all.maxPendingBytes, all.maxBytes) };
};

/** What stands before the adapters' names in the paths of webhooks: nothing, or begins with a slash and ends without. */
export const baseOf = ({ basePath }: Pick<Intake, "basePath">): string => basePath.replace(/\/+$/, "");

type Reader = (delivery: Delivery, kit: Kit) => Promise<Reading<BridgeEvent>>;

const answer = (status: number, sentence: string, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(sentence === "" ? null : `${sentence}\n`, {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", ...headers },
  });

/** Reads a body up to a limit, in time; or says what it was beyond. `room`: is there any for so many bytes more, beside all other bodies? */
const bytesOf = async (
  request: Request,
  { maxBytes, bodyMs }: Intake,
  room: (bytes: number) => boolean,
): Promise<Uint8Array | "large" | "slow" | "full"> => {
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) return "large";
  if (request.body === null) return new Uint8Array();
  const late = Promise.withResolvers<"slow">();
  const timer = setTimeout(() => late.resolve("slow"), bodyMs);
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    const reader = request.body.getReader();
    // Whoever sends what nobody reads any more is told so; that it arrives is waited for by nobody.
    const leave = <T>(why: T): T => {
      void reader.cancel(why).catch(() => undefined);
      return why;
    };
    for (;;) {
      const read = await Promise.race([reader.read(), late.promise]);
      if (read === "slow") return leave(read);
      if (read.done) break;
      size += read.value.byteLength;
      if (size > maxBytes) return leave("large");
      if (!room(read.value.byteLength)) return leave("full");
      chunks.push(read.value);
    }
  } catch (cause) {
    // The sender hung up: nobody's fault here.
    throw new BridgeError(
      "the body ended before it was whole: nothing of it was taken, its sender has to tell it again",
      {
        fault: "malformed",
        adapter: "web",
        landed: "no",
        cause,
      },
    );
  } finally {
    clearTimeout(timer);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
};

const crowded = "too many deliveries at once; come back soon";

/** The one place where a fault becomes a status. */
const statusOf = (error: BridgeError): number => {
  if (error.fault === "forged") return 401;
  if (error.fault === "malformed" || error.fault === "invalid") return 400;
  if (error.fault === "missing") return 404;
  return 503;
};

/** Makes the bridge's fetch function: verifies, reads and admits, and answers 200 only after the store has confirmed the commit. */
export const createWeb = (house: House): ((request: Request) => Promise<Response>) => {
  const { intake } = house;
  const base = baseOf(intake);
  let pending = 0;
  let pendingBytes = 0;
  const readers = new Map<string, Reader>();
  for (const channel of house.channels.values()) readers.set(channel.name, (d, kit) => channel.read(d, kit));
  const { crm } = house;
  if (crm.read !== undefined) {
    const read = crm.read.bind(crm);
    readers.set(crm.name, (d, kit) => read(d, kit));
  }

  const refuse = (
    status: number,
    where: string,
    reason: string,
    headers?: Readonly<Record<string, string>>,
  ): Response => {
    house.log.warn({ status, where, reason }, "a delivery was refused");
    return answer(status, reason, headers);
  };

  const take = async (request: Request, name: string, url: URL): Promise<Response> => {
    const reader = readers.get(name);
    if (reader === undefined) {
      const all = [...readers.keys()];
      const path = url.pathname.replace(/\/+$/, "");
      // Nobody mounts anything that deep: a stranger's whole path is not for our log.
      const meant = path.length > 100 ? undefined : all.find((one) => path.endsWith(`/${one}`));
      const hint =
        meant === undefined ? "" : `; if this is one, set intake.basePath to "${path.slice(0, -meant.length - 1)}"`;
      const there = all.map((one) => `${base}/${one}`).join(", ");
      return refuse(404, name.slice(0, 40), `nothing is mounted here; webhooks are at ${there}${hint}`);
    }
    if (request.method !== "GET" && request.method !== "POST")
      return refuse(405, name, "a webhook is a GET or a POST", { allow: "GET, POST" });
    if (request.bodyUsed) {
      return refuse(
        500,
        name,
        "somebody read this body before the bridge, so its signature cannot be checked: mount bridge.fetch before any body parser",
      );
    }
    if (pending >= intake.maxPending) return refuse(503, name, crowded, { "retry-after": "5" });
    pending += 1;
    let held = 0;
    // By what has arrived: what somebody only says that it will send takes no room from others.
    const room = (bytes: number): boolean => {
      if (pendingBytes + bytes > intake.maxPendingBytes) return false;
      held += bytes;
      pendingBytes += bytes;
      return true;
    };
    // Once it has been read, whatever goes wrong is ours: a network that is told "400" never comes back with it.
    let genuine = false;
    try {
      const body = await bytesOf(request, intake, room);
      if (body === "large") return refuse(413, name, `larger than ${intake.maxBytes} bytes`);
      if (body === "slow") return refuse(408, name, `not whole within ${intake.bodyMs} ms`, { connection: "close" });
      if (body === "full") return refuse(503, name, crowded, { "retry-after": "5" });
      const kit = kitFor(house, name, request.signal);
      const reading = await reader({ method: request.method, url, headers: request.headers, body }, kit);
      if ("handshake" in reading) return reading.handshake;
      const found: Found<BridgeEvent> = reading;
      genuine = true;
      const admitted = await admitAll(house, found);
      house.log.debug({ where: name, events: found.events.length, admitted }, "a delivery was admitted");
      return answer(200, "");
    } catch (thrown) {
      const error = thrownBy(thrown, name);
      const status = genuine ? 503 : statusOf(error);
      if (status !== 503) return refuse(status, name, error.message);
      house.log.error({ status, where: name, reason: error.message }, "a delivery could not be taken");
      return answer(503, "not now; come back soon", { "retry-after": "10" });
    } finally {
      pending -= 1;
      pendingBytes -= held;
    }
  };

  return async (request) => {
    const url = new URL(request.url);
    const path = url.pathname.replace(/\/+$/, "");
    const inside = path.startsWith(`${base}/`) ? path.slice(base.length + 1) : "";
    // Of what strangers ask for nothing is told but that they did.
    const adapter = readers.has(inside) ? inside : "none";
    return house.telemetry.span("casethread.deliver", { adapter }, async (note) => {
      const answered = await take(request, inside, url);
      note({ status: answered.status });
      house.telemetry.count("casethread.deliveries", 1, { adapter, status: answered.status });
      return answered;
    });
  };
};
