import { createHash } from "node:crypto";
import type { Clock } from "casethread/sandbox";
import type { Answer } from "./problems.ts";

/** OAuth 2.0 of the sandbox: access tokens that end after two hours, refresh tokens that are good for one refresh. */
export interface OAuth {
  /** Answers a request for a token (docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code). */
  grant(asked: URLSearchParams): Answer;
  /** Somebody says yes at the address that X was asked by, for this account: the code that goes back. */
  authorise(account: string, url: string): string;
  /** Whose access token it is, while it is good. */
  accountOf(token: string): string | undefined;
}

const lifeMs = 7_200_000;

/** Begins with one refresh token an account: `<id>-refresh-0`. */
export const createOAuth = (clock: Clock, accounts: readonly string[]): OAuth => {
  const refreshable = new Map(accounts.map((id) => [`${id}-refresh-0`, id]));
  const good = new Map<string, { readonly id: string; readonly until: number }>();
  let made = 0;
  const codes = new Map<string, { readonly id: string; readonly challenge: string; readonly redirect: string }>();
  /** A code is good once, for who knows the verifier of its challenge (RFC 7636). */
  const redeemed = (code: string, asked: URLSearchParams): string | undefined => {
    const found = codes.get(code);
    codes.delete(code);
    const challenge = createHash("sha256")
      .update(asked.get("code_verifier") ?? "")
      .digest("base64url");
    return found?.challenge === challenge && found.redirect === asked.get("redirect_uri") ? found.id : undefined;
  };
  return {
    authorise: (id, url) => {
      const asked = new URL(url).searchParams;
      const code = `code-${codes.size}-${id}`;
      codes.set(code, {
        id,
        challenge: asked.get("code_challenge") ?? "",
        redirect: asked.get("redirect_uri") ?? "",
      });
      return code;
    },
    grant: (asked) => {
      const code = asked.get("code") ?? "";
      const used = asked.get("refresh_token") ?? "";
      const id = asked.get("grant_type") === "authorization_code" ? redeemed(code, asked) : refreshable.get(used);
      if (id === undefined) {
        const say = "Value passed for the token was invalid.";
        return { status: 400, body: { error: "invalid_request", error_description: say } };
      }
      refreshable.delete(used);
      made += 1;
      const [access, refresh] = [`${id}-access-${made}`, `${id}-refresh-${made}`];
      refreshable.set(refresh, id);
      good.set(access, { id, until: clock.now() + lifeMs });
      const body = {
        token_type: "bearer",
        expires_in: lifeMs / 1_000,
        access_token: access,
        scope: "tweet.read tweet.write tweet.moderate.write users.read dm.read dm.write offline.access",
        refresh_token: refresh,
      };
      return { status: 200, body };
    },
    accountOf: (token) => {
      const found = good.get(token);
      return found !== undefined && found.until > clock.now() ? found.id : undefined;
    },
  };
};
