import { BridgeError, type Kit, type SetupStep } from "casethread/adapter";
import type { Caller } from "./lookup.ts";
import type { XOptions } from "./options.ts";
import { appOf, eventTypes, registerAt, revalidateAt, subscribeAt, subscriptionsOf, webhooksOf } from "./webhooks.ts";

/** What has to be done at X and is not done yet: an address to deliver to, and what is to be told. */
export const stepsOf = async (
  ask: Caller,
  options: XOptions,
  url: string | undefined,
  kit: Kit,
): Promise<readonly SetupStep[]> => {
  const app = appOf(options);
  if (url === undefined && options.stream !== true)
    throw new BridgeError(
      "where X is to deliver is not known: name the bridge's address (at, --at https://bridge.example), or set webhook (X_WEBHOOK_URL).",
      { fault: "invalid", adapter: "x", landed: "no" },
    );
  const hook = (await webhooksOf(ask, app, kit)).find((one) => one.url === url);
  const there = await subscriptionsOf(ask, app, kit);
  const steps: SetupStep[] = [];
  if (url !== undefined && hook === undefined)
    steps.push({
      say: `register the webhook ${url}; X asks it to sign a challenge, so the bridge must be up`,
      run: async (now) => `registered as webhook ${(await registerAt(ask, app, url, now)).id}`,
    });
  if (hook?.valid === false)
    steps.push({
      say: `have X ask the webhook ${hook.url} again, which failed its challenge; the bridge must be up`,
      run: async (now) => {
        await revalidateAt(ask, app, hook.id, now);
        return `X delivers to ${hook.url} again`;
      },
    });
  for (const account of options.accounts) {
    const missing = eventTypes.filter(
      (event) => !there.some((one) => one.account === account.id && one.event === event),
    );
    if (missing.length === 0) continue;
    steps.push({
      say: `subscribe account ${account.id} to ${missing.join(", ")}`,
      run: async (now) => {
        const webhook = url === undefined ? undefined : (await registerAt(ask, app, url, now)).id;
        const done = await subscribeAt(ask, { app, accounts: [account], webhook }, now);
        return `account ${account.id} is subscribed to ${done.length} kinds of events more`;
      },
    });
  }
  return steps;
};
