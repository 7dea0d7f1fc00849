import type { OAuth } from "./oauth.ts";
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
