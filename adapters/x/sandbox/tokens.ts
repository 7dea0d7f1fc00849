import type { OAuth } from "./oauth.ts";
import type { XSandboxOptions } from "./types.ts";
import type { User, World } from "./world.ts";

/** The app's own token. */
export const appToken = "app-sandbox";
/** An account's token: X's own begin with the user's id. */
export const accessToken = (id: string): string => `${id}-sandbox`;

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
