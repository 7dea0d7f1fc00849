import { createPublicKey, verify } from "node:crypto";
import type { Json } from "casethread/adapter";

/** How people and programs get into the org, and out of it. */
export interface SignIns {
  readonly firstRefreshToken: string;
  /** How many sessions were handed out. */
  readonly count: () => number;
  /** Answers `/services/oauth2/token`. */
  handle(request: Request): Promise<Response>;
  holds(token: string): boolean;
  end(token: string): void;
  endAll(): void;
}

interface Ground {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly jwt?: { readonly username: string; readonly publicKey: string };
  readonly now: () => number;
  readonly user: string;
}

const bearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const json = (status: number, body: Json): Response => Response.json(body, { status });
const denied = (error: string, description: string): Response => json(400, { error, error_description: description });

/** Makes the OAuth endpoint: remoteaccess_oauth_endpoints.htm */
export const createSignIns = ({ clientId, clientSecret, jwt, now, user }: Ground): SignIns => {
  const tokens = new Set<string>();
  let serial = 0;
  const refreshToken = (): string => `5Aep861sandbox.${String(serial).padStart(12, "r")}`;
  const firstRefreshToken = refreshToken();
  let refresh = firstRefreshToken;

  /** remoteaccess_oauth_jwt_flow.htm: signed by the app's key, for this org, and not good for long. */
  const isGenuine = (assertion: string, origin: string): boolean => {
    const [head = "", body = "", signature = ""] = assertion.split(".");
    if (jwt === undefined) return false;
    const key = createPublicKey(jwt.publicKey);
    if (!verify("RSA-SHA256", Buffer.from(`${head}.${body}`), key, Buffer.from(signature, "base64url"))) return false;
    const claims = JSON.parse(Buffer.from(body, "base64url").toString()) as Readonly<Record<string, Json>>;
    const left = Number(claims["exp"]) - now() / 1_000;
    return (
      claims["iss"] === clientId &&
      claims["sub"] === jwt.username &&
      claims["aud"] === origin &&
      left > 0 &&
      left <= 300
    );
  };

  return {
    firstRefreshToken,
    count: () => serial,
    holds: (token) => tokens.has(token),
    end: (token) => void tokens.delete(token),
    endAll: () => tokens.clear(),
    handle: async (request) => {
      const form = new URLSearchParams(await request.text());
      const { origin } = new URL(request.url);
      const grant = form.get("grant_type");
      if (grant === bearer) {
        if (!isGenuine(form.get("assertion") ?? "", origin)) return denied("invalid_grant", "invalid assertion");
      } else if (form.get("client_id") !== clientId || form.get("client_secret") !== clientSecret) {
        return denied("invalid_client", "invalid client credentials");
      } else if (grant === "refresh_token") {
        if (form.get("refresh_token") !== refresh) return denied("invalid_grant", "expired access/refresh token");
      } else if (grant !== "client_credentials") {
        return denied("unsupported_grant_type", "grant type not supported");
      }
      serial += 1;
      const token = `00D5e000000Sand!AQ${serial}.${String(serial).padStart(20, "x")}`;
      tokens.add(token);
      if (grant === "refresh_token") refresh = refreshToken();
      return json(200, {
        access_token: token,
        ...(grant === "refresh_token" ? { refresh_token: refresh } : {}),
        instance_url: origin,
        id: `${origin}/id/00D5e000000Sand/${user}`,
        token_type: "Bearer",
        issued_at: String(now()),
      });
    },
  };
};
