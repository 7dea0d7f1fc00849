import { BridgeError } from "./core/contracts/errors.ts";
import type { Kit } from "./core/contracts/kit.ts";
import type { Finding } from "./core/contracts/outside.ts";
import { isLoopback } from "./core/rules/loopback.ts";

/** How far a clock may be out, in ms: signed requests are taken for minutes, and windows are counted in seconds. */
const driftMs = 30_000;
const patienceMs = 10_000;

const knock = (url: string | URL, kit: Kit, method: "GET" | "HEAD"): Promise<Response> =>
  fetch(url, {
    method,
    redirect: "manual",
    signal: AbortSignal.any([kit.signal, AbortSignal.timeout(patienceMs)]),
  });

/**
 * Compares the bridge's clock with a vendor's, by the Date header of whatever it answers to a request without credentials.
 *
 * @param vendor what people call it
 * @param address any address of its API
 */
export const compareClocks = async (vendor: string, address: string, kit: Kit): Promise<Finding> => {
  try {
    const before = kit.now();
    const { headers } = await knock(address, kit, "HEAD");
    const theirs = Date.parse(headers.get("date") ?? "");
    if (Number.isNaN(theirs)) return { as: "note", say: `clock: ${vendor} does not tell the time` };
    // Dates are told in whole seconds; the answer is as old as half its way.
    const ahead = Math.round(((before + kit.now()) / 2 - theirs - 500) / 1_000);
    if (Math.abs(ahead) * 1_000 <= driftMs)
      return { as: "well", say: `clock: within ${driftMs / 1_000} s of ${vendor}'s` };
    const how = `${Math.abs(ahead)} s ${ahead > 0 ? "ahead of" : "behind"}`;
    return {
      as: "wrong",
      say: `clock: ${how} ${vendor}'s: let NTP set it, or signatures are refused and windows miscounted`,
    };
  } catch {
    return {
      as: "note",
      say: `clock: ${vendor} did not answer at ${new URL(address).host}, and could not be compared`,
    };
  }
};

/**
 * Asks a webhook of ours what its vendor would ask, from here.
 *
 * @throws BridgeError `invalid` when the address is neither https nor on this machine; `unavailable` when nobody answers.
 */
export const askWebhook = async (
  adapter: string,
  webhook: string,
  query: Readonly<Record<string, string>>,
  kit: Kit,
): Promise<{ readonly status: number; readonly body: string }> => {
  const url = URL.parse(webhook);
  const fail = (say: string, fault: "invalid" | "unavailable"): BridgeError =>
    new BridgeError(say, { fault, adapter, landed: "no" });
  if (url === null || (url.protocol !== "https:" && !isLoopback(url.origin)))
    throw fail(`the webhook's address has to be https: ${webhook}`, "invalid");
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  try {
    const response = await knock(url, kit, "GET");
    return { status: response.status, body: await response.text() };
  } catch {
    throw fail(
      `nobody answers at ${webhook}: start "casethread serve", and look at DNS, certificate and proxy`,
      "unavailable",
    );
  }
};
