import type { SalesforceConnection } from "../client.ts";
import { orgErrors } from "../faults.ts";
import type { Rest } from "./rest.ts";

/** What the SDK throws, in the fields that its users read. */
class SandboxHttpError extends Error {
  readonly errorCode: string;
  readonly data: unknown;
  constructor(errorCode: string, message: string, data: unknown) {
    super(message);
    this.name = errorCode;
    this.errorCode = errorCode;
    this.data = data;
  }
}

/** Signs in and makes the SDK's connection, without SDK and socket: each request is answered by the org itself. */
export const connectInProcess = async (
  handle: Rest["handle"],
  { instanceUrl, ...login }: { readonly instanceUrl: string; readonly clientId: string; readonly clientSecret: string },
): Promise<SalesforceConnection> => {
  const form = {
    grant_type: "client_credentials",
    client_id: login.clientId,
    client_secret: login.clientSecret,
  };
  const granted = await handle(
    new Request(new URL("/services/oauth2/token", instanceUrl), { method: "POST", body: new URLSearchParams(form) }),
  );
  const { access_token: accessToken } = (await granted.json()) as { readonly access_token: string };
  return {
    instanceUrl,
    accessToken,
    request: async ({ method, url, body, headers }) => {
      const response = await handle(
        new Request(new URL(url, instanceUrl), {
          method,
          headers: { ...headers, authorization: `Bearer ${accessToken}` },
          ...(body === undefined ? {} : { body }),
        }),
      );
      const answer: unknown = await response.json();
      if (response.ok) return answer;
      const errors = orgErrors(answer);
      const [first] = errors;
      throw errors.length > 1
        ? new SandboxHttpError("MULTIPLE_API_ERRORS", "Multiple errors returned.", answer)
        : new SandboxHttpError(first?.code ?? `ERROR_HTTP_${response.status}`, first?.message ?? "", answer);
    },
  };
};
