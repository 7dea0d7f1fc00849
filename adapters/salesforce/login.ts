import { isSecret, type Secret } from "casethread/adapter";
import { z } from "zod";

export interface Places {
  readonly origin?: string;
  readonly instanceUrl?: string;
}

/** How the adapter signs in. The first that fits: by what the object holds. */
export type SalesforceLogin = Places &
  (
    | {
        /** A session made elsewhere. Given as a function, it is asked again when the session has expired. */
        readonly accessToken: Secret;
      }
    | {
        /**
         * The OAuth JWT bearer flow: no secret leaves the machine, and no person signs in.
         *
         * @see https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_jwt_flow.htm
         */
        readonly clientId: string;
        /** The user to act as, pre-authorized for the app. */
        readonly username: string;
        /** The private key in PEM, or what signs with it (RS256) and hands the signature out in base64url. */
        readonly privateKey?: Secret;
        readonly sign?: (signingInput: string) => string | Promise<string>;
        /** @default https://test.salesforce.com for the address of a sandbox or a scratch org, https://login.salesforce.com else */
        readonly audience?: string;
      }
    | {
        /**
         * The OAuth refresh token flow. What the org hands out is kept in the store, sealed, before it is used, and shared by
         * all processes: one of them renews at a time, because a rotated token works once.
         */
        readonly clientId: string;
        readonly clientSecret?: Secret;
        /** The refresh token of the day the app was authorised. Another one begins anew: what is kept of the old one is of no use then. */
        readonly refreshToken: Secret;
        /** 32 bytes in base64 (`openssl rand -base64 32`), which the session is kept under with AES-256-GCM. While it is rotated: the new one first, then the old. */
        readonly key: Secret | readonly Secret[];
      }
    | {
        /** The OAuth client credentials flow of a connected app with a run-as user. */
        readonly clientId: string;
        readonly clientSecret: Secret;
      }
  );

const loopback = (host: string): boolean => host === "localhost" || host === "[::1]" || host.startsWith("127.");
/** An https address, or a loopback one. */
export const address: z.ZodType<string> = z.string().refine(
  (text) => {
    const url = URL.parse(text);
    return url !== null && (url.protocol === "https:" || (url.protocol === "http:" && loopback(url.hostname)));
  },
  { error: "must be an https address, such as https://acme.my.salesforce.com (SALESFORCE_ORIGIN)" },
);
const secret = (what: string) =>
  z.custom<Secret>(isSecret, {
    error: `is missing: ${what}, or a function that gives it`,
  });
const text = (what: string) => z.string({ error: `is missing: ${what}` }).min(1, `is missing: ${what}`);
const places = { origin: address.optional(), instanceUrl: address.optional() };
const sealKey = z.custom<Secret>(
  (value) => typeof value === "function" || (typeof value === "string" && Buffer.from(value, "base64").length === 32),
);
const byToken = z.strictObject({ ...places, accessToken: secret("an access token (SALESFORCE_ACCESS_TOKEN)") });
const byClient = z.strictObject({
  ...places,
  clientId: text("the connected app's consumer key (SALESFORCE_CLIENT_ID)"),
  clientSecret: secret("the connected app's consumer secret (SALESFORCE_CLIENT_SECRET)"),
});
const byRefresh = z.strictObject({
  ...places,
  clientId: text("the connected app's consumer key (SALESFORCE_CLIENT_ID)"),
  clientSecret: secret("the connected app's consumer secret (SALESFORCE_CLIENT_SECRET)").optional(),
  refreshToken: secret("a refresh token (SALESFORCE_REFRESH_TOKEN)"),
  key: z.union([sealKey, z.array(sealKey).min(1)], {
    error:
      "is missing: 32 bytes in base64 that the session is kept under, made with `openssl rand -base64 32` (SALESFORCE_TOKEN_KEY)",
  }),
});
const byKey = z
  .strictObject({
    ...places,
    clientId: text("the connected app's consumer key (SALESFORCE_CLIENT_ID)"),
    username: text("the user to act as (SALESFORCE_USERNAME)"),
    privateKey: secret("the private key in PEM (SALESFORCE_PRIVATE_KEY)").optional(),
    sign: z.custom<(input: string) => string>((value) => typeof value === "function", "must be a function").optional(),
    audience: address.optional(),
  })
  .refine(({ privateKey, sign }) => (privateKey === undefined) !== (sign === undefined), {
    path: ["privateKey"],
    error: "is missing, or given beside sign: one of the two",
  });

/** What is missing or wrong in a login, by path. */
export const flawsOf = (login: SalesforceLogin): z.ZodError | undefined => {
  const shape =
    "accessToken" in login ? byToken : "username" in login ? byKey : "refreshToken" in login ? byRefresh : byClient;
  return shape.safeParse(login).error;
};

/** The login of an environment, each variable asked for without its prefix. */
export const loginFrom = (given: (key: string) => string | undefined): SalesforceLogin => {
  const accessToken = given("ACCESS_TOKEN");
  if (accessToken !== undefined) return { accessToken };
  const clientId = given("CLIENT_ID") ?? "";
  const [username, privateKey, refreshToken] = [given("USERNAME"), given("PRIVATE_KEY"), given("REFRESH_TOKEN")];
  const clientSecret = given("CLIENT_SECRET");
  // A variable holds one line: the key's line breaks may be written as \n.
  if (username !== undefined)
    return {
      clientId,
      username,
      ...(privateKey === undefined ? {} : { privateKey: privateKey.replaceAll("\\n", "\n") }),
    };
  const key = (given("TOKEN_KEY") ?? "").split(",").map((one) => one.trim());
  if (refreshToken !== undefined)
    return { clientId, refreshToken, key, ...(clientSecret === undefined ? {} : { clientSecret }) };
  return { clientId, clientSecret: clientSecret ?? "" };
};
