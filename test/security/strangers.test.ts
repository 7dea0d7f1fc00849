import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { createFacebookSandbox } from "casethread/facebook/sandbox";
import { createSalesforceSandbox } from "casethread/salesforce/sandbox";
import { createXSandbox } from "casethread/x/sandbox";
import { describe, expect, it } from "vitest";

/** As `curl -d`, and as a page elsewhere may without asking first; `fetch` would write its own Host and Origin. */
const asked = async (url: string, body: object, headers: Readonly<Record<string, string>>): Promise<number> => {
  const sending = request(url, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
  });
  sending.end(JSON.stringify(body));
  const [answer] = (await once(sending, "response")) as [IncomingMessage];
  answer.resume();
  return answer.statusCode ?? 0;
};

const page = { id: "448242228374517", name: "Acme Help" };
const sandboxes = [
  ["X", () => createXSandbox({ accounts: [{ id: "1001", handle: "acme_help" }] }), "persona", ["jo"]],
  ["Facebook", () => createFacebookSandbox({ pages: [page] }), "persona", ["Jo"]],
  ["Salesforce", () => createSalesforceSandbox(), "state", {}],
] as const;

describe("what is said in a sandbox is said by programs of this machine", () => {
  it.for(sandboxes)(
    "%s: not by a page elsewhere, nor by another name for this machine",
    async ([, make, verb, body]) => {
      await using sandbox = await make();
      const { origin } = sandbox;
      const { port } = new URL(origin);
      const url = `${origin}/sandbox/${verb}`;
      const own: readonly Record<string, string>[] = [
        {},
        { host: `localhost:${port}` },
        { origin, "sec-fetch-site": "same-origin" },
        { "sec-fetch-site": "none" },
      ];
      for (const headers of own) expect([headers, await asked(url, body, headers)]).toEqual([headers, 200]);
      const strange: readonly Record<string, string>[] = [
        { origin: "https://evil.example" },
        { origin: "null" },
        { origin: `http://localhost:${port}` },
        { origin: "http://127.0.0.1:3000", "sec-fetch-site": "same-site" },
        { "sec-fetch-site": "cross-site" },
        { host: `evil.example:${port}` },
        { host: `evil.example:${port}`, origin: `http://evil.example:${port}`, "sec-fetch-site": "same-origin" },
        { host: `127.0.0.1.evil.example:${port}` },
      ];
      for (const headers of strange) expect([headers, await asked(url, body, headers)]).toEqual([headers, 403]);
    },
  );
});
