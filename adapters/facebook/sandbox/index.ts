/**
 * Facebook on loopback, or in this process alone: Pages with posts, comments and Messenger, with Meta's rules, windows and
 * moods. Each rule names Meta's page, or says that Meta documents none.
 *
 * @module
 */
import { serve } from "casethread/sandbox";
import { type FacebookOptions, suffix } from "../options.ts";
import { control } from "./control.ts";
import { createFacebookNetwork } from "./network.ts";
import type { FacebookSandbox, FacebookSandboxOptions } from "./types.ts";

export { facebookSandboxClient } from "./control.ts";
export { createFacebookNetwork } from "./network.ts";
export type {
  FacebookFault,
  FacebookHostility,
  FacebookNetwork,
  FacebookPeople,
  FacebookSandbox,
  FacebookSandboxOptions,
  FacebookState,
  GraphAnswer,
  GraphRequest,
  SeenRequest,
  Whom,
} from "./types.ts";
export type { FbLetter, FbNode, FbUser } from "./world.ts";

/** Options of a sandbox as an environment: all of them are plain text there. */
const envOf = ({ app, pages }: FacebookOptions): Readonly<Record<string, string>> => ({
  FACEBOOK_APP_ID: String(app.id),
  FACEBOOK_APP_SECRET: String(app.secret),
  FACEBOOK_VERIFY_TOKEN: String(app.verifyToken),
  ...Object.fromEntries(
    pages.flatMap(({ id, token, humanAgent, ads }, at) => {
      const more = suffix(at);
      return [
        [`FACEBOOK_PAGE_ID${more}`, id],
        [`FACEBOOK_PAGE_TOKEN${more}`, String(token)],
        [`FACEBOOK_HUMAN_AGENT${more}`, String(humanAgent ?? false)],
        [`FACEBOOK_ADS${more}`, String(ads ?? false)],
      ];
    }),
  ),
});

/** Starts Facebook on loopback. */
export const createFacebookSandbox = async (
  options: FacebookSandboxOptions & { readonly port?: number },
): Promise<FacebookSandbox> => {
  const network = await createFacebookNetwork(options);
  const api = async (request: Request): Promise<Response> => {
    const { pathname, searchParams } = new URL(request.url);
    const text = request.method === "POST" ? await request.text() : "";
    const { status, headers, body } = await network.graph(
      {
        method: request.method,
        path: pathname,
        query: Object.fromEntries(searchParams),
        ...(text === "" ? {} : { body: JSON.parse(text) as unknown }),
      },
      request.signal,
    );
    if (typeof body === "string") return new Response(body, { status, headers: { "content-type": "text/html" } });
    return Response.json(body, { status, headers });
  };
  const server = await serve(
    async (request) => (await control(request, network)) ?? api(request),
    options.port === undefined ? {} : { port: options.port },
  );
  return {
    ...network,
    origin: server.origin,
    options: () => ({ ...network.options(), origin: server.origin }),
    env: () => ({ FACEBOOK_ORIGIN: server.origin, ...envOf(network.options()) }),
    [Symbol.asyncDispose]: async () => {
      await network[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
};
