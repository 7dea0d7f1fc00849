import type { OAuth } from "./oauth.ts";
import type { XSandboxOptions } from "./types.ts";
import type { User, World } from "./world.ts";

/** The app's own token. */
export const appToken = "app-sandbox";
/** An account's token: X's own begin with the user's id. */
export const accessToken = (id: string): string => `${id}-sandbox`;

/** Every account's token has the same secret. */
export const accessSecret = "sandbox-access-secret";

/** Whose token is it? */
export const accountOf = (authorization: string | null, world: World, oauth: OAuth): User | undefined => {
  const id =
    oauth.accountOf(/^Bearer (\S+)$/.exec(authorization ?? "")?.[1] ?? "") ??
    /^OAuth .*oauth_token="(\d+)-sandbox"/.exec(authorization ?? "")?.[1] ??
    /^Bearer (\d+)-sandbox$/.exec(authorization ?? "")?.[1];
  const user = id === undefined ? undefined : world.users.get(id);
  return user?.tier === undefined ? undefined : user;
};

/** What a token allows: X says it in each answer to a request that was signed by OAuth 1.0a (X-Access-Level). */
export const accessOf = (
  { headers }: Request,
  accounts: XSandboxOptions["accounts"],
  by: string | undefined,
): Readonly<Record<string, string>> => {
  const account = accounts.find(({ id }) => id === by);
  if (account === undefined || headers.get("authorization")?.startsWith("OAuth ") !== true) return {};
  return { "x-access-level": account.access ?? "read-write-directmessages" };
};

/** What `x.fromEnv` reads to talk to a sandbox as its accounts. */
export const envOf = (of: {
  readonly app: { readonly consumerKey: string; readonly consumerSecret: string };
  readonly accounts: readonly { readonly id: string; readonly handle: string; readonly tier?: string }[];
  readonly origin: string;
}): Readonly<Record<string, string>> => {
  const { app, accounts, origin } = of;
  const env: Record<string, string> = {
    X_CONSUMER_KEY: app.consumerKey,
    X_CONSUMER_SECRET: app.consumerSecret,
    X_APP_BEARER_TOKEN: appToken,
    X_ORIGIN: origin,
  };
  for (const [at, { id, handle, tier = "self-serve" }] of accounts.entries()) {
    const more = at === 0 ? "" : `_${at + 1}`;
    env[`X_ACCOUNT_ID${more}`] = id;
    env[`X_ACCOUNT_HANDLE${more}`] = handle;
    env[`X_ACCOUNT_TIER${more}`] = tier;
    env[`X_ACCESS_TOKEN${more}`] = accessToken(id);
    env[`X_ACCESS_SECRET${more}`] = accessSecret;
  }
  return env;
};
