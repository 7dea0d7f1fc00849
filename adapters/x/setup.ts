import { createHash, randomBytes } from "node:crypto";
import { BridgeError, type Kit } from "casethread/adapter";
import { z } from "zod";
import { checkOptions, optionsFromEnv } from "./check.ts";
import { createCaller, createGrants } from "./client.ts";
import { findingsOf } from "./findings.ts";
import type { OAuth2, XAccount, XOptions } from "./options.ts";
import { appOf, registerAt, revalidateAt, subscribeAt, subscriptionsOf, webhooksOf } from "./webhooks.ts";
import type { XSubscription, XWebhook } from "./webhooks.ts";

/** The OAuth 2.0 scopes that this channel needs (docs.x.com/fundamentals/authentication/guides/v2-authentication-mapping). */
export const scopes: readonly string[] = [
  "tweet.read",
  "tweet.write",
  "tweet.moderate.write",
  "users.read",
  "dm.read",
  "dm.write",
  "media.write",
  "offline.access",
];

/** Where a person is sent to authorise an account, and what is needed when they come back. */
export interface XLogin {
  readonly url: string;
  /** Comes back in the address: one that does not is not an answer to this. */
  readonly state: string;
  /** To be kept until then, and shown to nobody. */
  readonly verifier: string;
}

/** An account that was authorised. */
export interface XAuthorised {
  readonly refreshToken: string;
}

/** What has to be done at X once, and looked at now and then. Each is one or a few requests, made as the app or as an account of it. */
export interface XSetup {
  /** Begins to authorise an account by OAuth 2.0 with PKCE (docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code). Asks nobody. */
  login(about: { readonly clientId: string; readonly redirectUri: string }): XLogin;
  /**
   * Ends it, with the code from the address that X sent the person back to: the refresh token is what `credentials.oauth2` begins with.
   *
   * @throws BridgeError `unauthorized` when X does not take the code: it is good once, for half a minute.
   */
  authorised(
    about: Pick<OAuth2, "clientId" | "clientSecret"> & {
      readonly redirectUri: string;
      readonly code: string;
      readonly verifier: string;
    },
  ): Promise<XAuthorised>;
  /** All webhooks of the app. */
  webhooks(): Promise<readonly XWebhook[]>;
  /**
   * Registers an address, or finds it registered. X asks it to sign a challenge first, so the bridge must be up.
   *
   * @throws BridgeError `invalid`, saying what X did not like about the address.
   */
  register(url: string): Promise<XWebhook>;
  /** Lets X ask a webhook anew whether it is ours: after it was down for long X sends it nothing any more. */
  revalidate(webhook: string): Promise<void>;
  unregister(webhook: string): Promise<void>;
  subscriptions(): Promise<readonly XSubscription[]>;
  /** Subscribes all accounts to all that this channel reads, for a webhook or, without one, for the stream alone. The answer: what was missing before. */
  subscribe(webhook?: string): Promise<readonly { readonly account: string; readonly event: string }[]>;
  /** Has X tell again what it told, or could not tell, in a time: to the minute, at most a day. Told twice it counts once. */
  replay(about: {
    readonly webhook: string;
    readonly from: number;
    readonly to: number;
  }): Promise<{ readonly job: string }>;
  /** Looks at everything: credentials, permissions, webhook, subscriptions, the clock. A sentence for each thing that is wrong; none when all is well. `bridge.check()` tells what is well besides. */
  doctor(url?: string): Promise<readonly string[]>;
}

const standing = (): Kit => ({
  signal: AbortSignal.timeout(60_000),
  now: () => Date.now(),
  depart: () => undefined,
  // A refresh token that was used and whose successor nobody keeps is an account that has to be authorised again.
  note: () => {
    throw new BridgeError(
      "an account with oauth2 keeps its tokens in the bridge's store: give xSetup a kit with its notes, or leave it to the channel.",
      { fault: "invalid", adapter: "x", landed: "no" },
    );
  },
});

const base64url = (bytes: number): string => randomBytes(bytes).toString("base64url");
const minute = (at: number): string => new Date(at).toISOString().slice(0, 16).replaceAll(/\D/g, "");
const job = z.object({ data: z.object({ job_id: z.string() }) });

const make = (given: XOptions, kit?: Kit): XSetup => {
  const options = checkOptions(given);
  const ask = createCaller(options);
  const grants = createGrants(options);
  const around = (): Kit => kit ?? standing();
  const app = (): XAccount => appOf(options);

  return {
    login: ({ clientId, redirectUri }) => {
      const [state, verifier] = [base64url(24), base64url(48)];
      const url = new URL("https://x.com/i/oauth2/authorize");
      const query = {
        response_type: "code",
        client_id: clientId,
        redirect_uri: redirectUri,
        scope: scopes.join(" "),
        state,
        code_challenge: createHash("sha256").update(verifier).digest("base64url"),
        code_challenge_method: "S256",
      };
      for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
      return { url: url.href, state, verifier };
    },
    authorised: async ({ clientId, clientSecret, redirectUri, code, verifier }) => {
      const client = { clientId, ...(clientSecret === undefined ? {} : { clientSecret }) };
      const fields = { grant_type: "authorization_code", code, redirect_uri: redirectUri, code_verifier: verifier };
      const { refreshToken } = await grants(client, fields);
      if (refreshToken !== undefined) return { refreshToken };
      throw new BridgeError("X gave no refresh token: ask for the scope offline.access.", {
        fault: "unauthorized",
        adapter: "x",
        landed: "no",
      });
    },
    webhooks: () => webhooksOf(ask, app(), around()),
    register: (url) => registerAt(ask, app(), url, around()),
    revalidate: (webhook) => revalidateAt(ask, app(), webhook, around()),
    unregister: async (webhook) => {
      await ask({ account: app(), method: "delete", path: `webhooks/${webhook}`, acts: false }, around());
    },
    subscriptions: () => subscriptionsOf(ask, app(), around()),
    subscribe: (webhook) => subscribeAt(ask, { app: app(), accounts: options.accounts, webhook }, around()),
    replay: async ({ webhook, from, to }) => {
      const fields = { webhook_id: webhook, from_date: minute(from), to_date: minute(to) };
      const call = { account: app(), method: "post", path: "webhooks/replay", fields, acts: false } as const;
      const { data } = await ask(call, around());
      return { job: job.parse(data).data.job_id };
    },
    doctor: async (url) =>
      (await findingsOf(ask, options, url, around())).flatMap(({ as, say }) => (as === "wrong" ? [`x: ${say}`] : [])),
  };
};

/** Makes {@link XSetup}, of options or of an environment. */
export interface XSetupMaker {
  /**
   * Makes what sets X up for a channel with the same options. `app.bearer` is needed for webhooks and subscriptions. A kit is
   * needed for what is asked as an account with `oauth2`: its tokens are kept in its notes.
   *
   * @throws BridgeError `invalid`, naming everything missing or wrong in the options at once.
   */
  (options: XOptions, kit?: Kit): XSetup;
  /**
   * Makes it of the environment that `x.fromEnv` reads.
   *
   * @throws BridgeError `invalid`, naming every variable that is missing.
   */
  fromEnv(env: Readonly<Record<string, string | undefined>>, kit?: Kit): XSetup;
}

/** What has to be done at X once: `xSetup(options)`, or `xSetup.fromEnv(env)`. */
export const xSetup: XSetupMaker = Object.assign(make, {
  fromEnv: (env: Readonly<Record<string, string | undefined>>, kit?: Kit) => make(optionsFromEnv(env), kit),
});
