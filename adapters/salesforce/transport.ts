import { PassThrough } from "node:stream";
import { z } from "zod";

/** A request as the SDK hands it to a transport. */
interface SdkRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

interface SdkResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What the SDK asks of a transport. */
export interface SdkTransport {
  httpRequest(request: SdkRequest): Promise<SdkResponse> & { stream(): PassThrough };
}

/**
 * The SDK's way out, for one request. Its own has no error handler on the response's body: an answer that is cut in the
 * middle ends the whole process (seen with jsforce 3.10.26). It also cannot be aborted, waits for half an hour, and tries
 * reads five times.
 */
export const transportOf = (signal: AbortSignal): SdkTransport => {
  const send = async ({ url, method, headers: given = {}, body }: SdkRequest): Promise<SdkResponse> => {
    const headers = new Headers(given);
    // fetch counts for itself, and on Node 22 the SDK's undici finds both counts in one header and sends nothing.
    headers.delete("content-length");
    const response = await fetch(url, {
      method,
      headers,
      signal,
      // A redirect of a POST would come out as a GET.
      redirect: "manual",
      ...(body === undefined ? {} : { body }),
    });
    return { statusCode: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
  };
  return {
    // The SDK wants a stream of the body besides; nobody reads it here.
    httpRequest: (request) => Object.assign(send(request), { stream: () => new PassThrough() }),
  };
};

const granted = z.object({
  access_token: z.string().min(1),
  instance_url: z.string().optional(),
  refresh_token: z.string().optional(),
});
const denied = z.object({ error: z.string(), error_description: z.string().default("") });

/** What a sign-in came to. */
export type Grant =
  | {
      readonly accessToken: string;
      readonly instanceUrl?: string;
      /** A new one, where the app rotates them: the old one is worth nothing any more. */
      readonly refreshToken?: string;
    }
  /** In the shape in which the org tells any error. */
  | { readonly errorCode: string; readonly message: string };

/** Asks for a session with one of the OAuth flows: remoteaccess_oauth_endpoints.htm */
export const requestToken = async (
  origin: string,
  form: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Grant> => {
  const body = new URLSearchParams(form);
  const response = await fetch(new URL("/services/oauth2/token", origin), {
    method: "POST",
    body,
    signal,
    redirect: "manual",
  });
  const text = await response.text();
  const parse = (): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      return undefined;
    }
  };
  const answer = parse();
  const grant = granted.safeParse(answer);
  if (response.ok && grant.success) {
    const { access_token: accessToken, instance_url: instanceUrl, refresh_token: refreshToken } = grant.data;
    return {
      accessToken,
      ...(instanceUrl === undefined ? {} : { instanceUrl }),
      ...(refreshToken === undefined ? {} : { refreshToken }),
    };
  }
  const error = denied.safeParse(answer);
  return error.success
    ? { errorCode: error.data.error, message: error.data.error_description }
    : { errorCode: `ERROR_HTTP_${response.status}`, message: "" };
};
