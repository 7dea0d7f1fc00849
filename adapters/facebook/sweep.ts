import type { AccountRef, Kit } from "casethread/adapter";
import { z } from "zod";
import type { Caller } from "./client.ts";
import { lookUpAs } from "./lookup.ts";

/** What a Page's subscription has to name for everything to be heard. */
export const fields: readonly string[] = [
  "feed",
  "mention",
  "messages",
  "messaging_postbacks",
  "messaging_referrals",
  "message_echoes",
  "messaging_handovers",
  "standby",
];

const subscribed = z.object({
  data: z.array(z.object({ id: z.string(), subscribed_fields: z.array(z.string()).catch([]) })),
});

/**
 * Is the app still subscribed to the Page? Meta ends a subscription whose webhook fails for an hour, and tells nobody who
 * could hear it. Subscribes again; what came meanwhile the catch-up reads. The answer is what to say about it.
 */
export const sweep = async (
  ask: Caller,
  about: { readonly account: AccountRef; readonly app: string | undefined; readonly subscribe: boolean },
  kit: Kit,
): Promise<readonly string[]> => {
  const { account, app } = about;
  // Without the app's id nobody can say which of the subscribed apps is ours.
  if (app === undefined) return [];
  const path = `${account.id}/subscribed_apps`;
  const { data } = await lookUpAs(ask, { account, path, bucket: "pages" }, subscribed, kit);
  const known = data.find(({ id }) => id === app)?.subscribed_fields ?? [];
  const lacking = fields.filter((field) => !known.includes(field));
  if (lacking.length === 0) return [];
  const what = known.length === 0 ? "was subscribed no more" : `was not subscribed to ${lacking.join(", ")}`;
  const since = new Date(kit.now()).toISOString();
  if (!about.subscribe) {
    return [`facebook: Page ${account.id} ${what} (${since}): subscribe it, or no delivery tells of it.`];
  }
  const wanted = [...new Set([...known, ...fields])].join(",");
  await ask(
    { account, method: "POST", path, fields: { subscribed_fields: wanted }, acts: false, bucket: "pages" },
    kit,
  );
  return [
    `facebook: Page ${account.id} ${what} and is again (${since}): look why its webhook failed; what came meanwhile is read now.`,
  ];
};
