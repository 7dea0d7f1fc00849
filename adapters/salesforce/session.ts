import { createHash, createPrivateKey, sign as signWith } from "node:crypto";
import { BridgeError, type Instant, type Kit, revealed, revealedAll, seal, unseal } from "casethread/adapter";
import { z } from "zod";
import { fromThrown, refuse } from "./faults.ts";
import { name } from "./keys.ts";
import type { SalesforceLogin } from "./login.ts";
import { type Grant, requestToken } from "./transport.ts";

/** A session of the org. */
export interface Granted {
  readonly accessToken: string;
  readonly instanceUrl?: string;
}

type Form = Readonly<Record<string, string>>;

const loopback = (url: URL): boolean => url.hostname === "localhost" || url.hostname.startsWith("127.");

/** Whom a signed request for a session is meant for. */
const audienceOf = (origin: string): string => {
  const url = new URL(origin);
  if (loopback(url)) return origin;
  return /\.(?:sandbox|scratch)\.my\.|^test\./.test(url.hostname)
    ? "https://test.salesforce.com"
    : "https://login.salesforce.com";
};

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A signed request for a session, good for three minutes: the org takes none that is good for longer. */
const assertionOf = async (
  login: Extract<SalesforceLogin, { username: string }>,
  origin: string,
  now: Instant,
): Promise<string> => {
  const claims = {
    iss: login.clientId,
    sub: login.username,
    aud: login.audience ?? audienceOf(origin),
    exp: Math.floor(now / 1_000) + 180,
  };
  const input = `${base64url({ alg: "RS256", typ: "JWT" })}.${base64url(claims)}`;
  if (login.sign !== undefined) return `${input}.${await login.sign(input)}`;
  const pem = await revealed(login.privateKey ?? "");
  try {
    return `${input}.${signWith("RSA-SHA256", Buffer.from(input), createPrivateKey(pem)).toString("base64url")}`;
  } catch {
    // What went wrong inside would quote from the key.
    throw refuse("login.privateKey is no private key in PEM: give the whole file, with its first and last line.");
  }
};

/** As it is kept, sealed. `seed` names the refresh token it all began with: an org that is authorised anew begins anew. */
const stored = z.object({
  seed: z.string(),
  turn: z.int(),
  accessToken: z.string().optional(),
  instanceUrl: z.string().optional(),
  refreshToken: z.string().optional(),
  /** One process renews; the others wait for what it brings. */
  renewing: z.object({ by: z.string(), until: z.number() }).optional(),
});
type Stored = z.infer<typeof stored>;

const noteName = "session";
/** How long one may renew before another tries, in ms. */
const renewMs = 30_000;
const lookAgainMs = 100;

/** Signs in, by whichever flow the login is for. */
export const createSignIn = (login: Exclude<SalesforceLogin, { accessToken: unknown }>, origin: string) => {
  const me = crypto.randomUUID();
  /** The session of the shared note that this process took up last. */
  let taken = 0;
  /** Granted, and the store was away: written down before anything else is asked for. */
  let unkept: { readonly session: Stored; readonly after: string | undefined } | undefined;

  const ask = async (form: Form, signal: AbortSignal, kit: Kit): Promise<Extract<Grant, { accessToken: string }>> => {
    try {
      const asked = await requestToken(origin, form, signal);
      if ("errorCode" in asked) throw asked;
      return asked;
    } catch (thrown) {
      throw fromThrown(thrown, kit.now());
    }
  };

  /** Renews for all processes; what the org hands out is kept before anybody uses it. */
  const share = async (
    { refreshToken, clientSecret, key }: Extract<typeof login, { refreshToken: unknown }>,
    signal: AbortSignal,
    kit: Kit,
  ): Promise<Granted> => {
    const [first, keys] = [await revealed(refreshToken), await revealedAll(key)];
    const secret = clientSecret === undefined ? undefined : await revealed(clientSecret);
    const note = kit.note(noteName);
    const sealing = { adapter: name, of: noteName, keys };
    const seed = createHash("sha256").update(first).digest("base64url").slice(0, 16);
    const look = async (): Promise<{ readonly raw: string | undefined; readonly known: Stored }> => {
      const raw = await note.read();
      const read = raw === undefined ? undefined : stored.safeParse(JSON.parse(unseal(raw, sealing))).data;
      return { raw, known: read?.seed === seed ? read : { seed, turn: taken } };
    };
    const swap = async (from: string | undefined, to: Stored): Promise<string | undefined> => {
      const next = seal(JSON.stringify(to), sealing);
      return (await note.swap(from, next)) ? next : undefined;
    };
    /** Writes down what was granted, over whoever thought the renewal was his to make. */
    const keep = async (session: Stored, after: string | undefined): Promise<void> => {
      unkept = { session, after };
      for (;;) {
        const { raw, known } = await look();
        if (known.refreshToken !== after || known.turn >= session.turn || (await swap(raw, session)) !== undefined)
          break;
      }
      unkept = undefined;
    };
    const use = (session: Stored): Granted => {
      taken = session.turn;
      const { accessToken = "", instanceUrl } = session;
      return { accessToken, ...(instanceUrl === undefined ? {} : { instanceUrl }) };
    };
    for (;;) {
      signal.throwIfAborted();
      if (unkept !== undefined) await keep(unkept.session, unkept.after);
      const { raw, known } = await look();
      if (known.turn > taken) return use(known);
      const { renewing, ...rest } = known;
      if (renewing !== undefined && renewing.until > kit.now() && renewing.by !== me) {
        await new Promise((resolve) => void setTimeout(resolve, lookAgainMs));
        continue;
      }
      const mine = await swap(raw, { ...rest, renewing: { by: me, until: kit.now() + renewMs } });
      if (mine === undefined) continue;
      try {
        const form = {
          grant_type: "refresh_token",
          client_id: login.clientId,
          refresh_token: known.refreshToken ?? first,
          ...(secret === undefined ? {} : { client_secret: secret }),
        };
        const granted = await ask(form, signal, kit);
        await keep({ ...rest, ...granted, turn: known.turn + 1 }, known.refreshToken);
      } catch (thrown) {
        // Refused for good: nobody need wait. Otherwise a rotated token may have been lost on its way; the next one finds out.
        if (thrown instanceof BridgeError && thrown.landed === "no") await swap(mine, rest);
        throw thrown;
      }
    }
  };

  return async (signal: AbortSignal, kit: Kit): Promise<Granted> => {
    if ("refreshToken" in login) return share(login, signal, kit);
    if ("username" in login) {
      const assertion = await assertionOf(login, origin, kit.now());
      return ask({ grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion }, signal, kit);
    }
    const form = {
      grant_type: "client_credentials",
      client_id: login.clientId,
      client_secret: await revealed(login.clientSecret),
    };
    return ask(form, signal, kit);
  };
};
