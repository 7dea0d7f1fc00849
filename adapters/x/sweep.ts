import type { Kit } from "casethread/adapter";
import type { Caller } from "./lookup.ts";
import type { XAccount } from "./options.ts";
import { registerAt, revalidateAt, subscribeAt } from "./webhooks.ts";

/**
 * Do deliveries still come? X ends a webhook that failed its challenge for a day, and a subscription when access is
 * withdrawn, and tells nobody who could hear it. Sets right what can be set right; what came meanwhile the catch-up reads.
 * The answer is what to say about it.
 */
export const sweep = async (
  ask: Caller,
  about: {
    readonly app: XAccount;
    readonly accounts: readonly XAccount[];
    readonly url: string | undefined;
    /** Nothing was read for them yet: what is subscribed now was never missing. */
    readonly first: boolean;
  },
  kit: Kit,
): Promise<readonly string[]> => {
  const { app, accounts, url, first } = about;
  const since = new Date(kit.now()).toISOString();
  const said: string[] = [];
  const hook = url === undefined ? undefined : await registerAt(ask, app, url, kit);
  if (hook?.valid === false) {
    await revalidateAt(ask, app, hook.id, kit);
    said.push(
      `x: X sent the webhook nothing any more, and was asked to try it again (${since}): look why it failed its challenge; what came meanwhile is read now.`,
    );
  }
  const missing = await subscribeAt(ask, { app, accounts, webhook: hook?.id }, kit);
  if (first) return said;
  for (const { id } of accounts) {
    const events = missing.filter(({ account }) => account === id).map(({ event }) => event);
    if (events.length > 0)
      said.push(
        `x: account ${id} was not subscribed to ${events.join(", ")} and is now (${since}); what came meanwhile is read now.`,
      );
  }
  return said;
};
