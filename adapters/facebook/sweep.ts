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
  "messaging_policy_enforcement",
];

const subscribed = z.object({
  data: z.array(z.object({ id: z.string(), subscribed_fields: z.array(z.string()).catch([]) })),
});

/** What a look at the subscription came to. */
export interface Swept {
  readonly said: readonly string[];
  /** Deliveries were lost, and the Page is heard again: what is known is to be looked at. */
  readonly missed: boolean;
}

const noteOf = (account: AccountRef): string => `deaf/${account.id}`;

/** It was looked at. Only now: who is stopped before does it again. */
export const caughtUp = async (account: AccountRef, kit: Kit): Promise<void> =>
  void (await kit.note(noteOf(account)).swap("yes", "no"));

/** What an app of ours is subscribed to on a Page, and what is missing. */
export const lackingOf = async (
  ask: Caller,
  account: AccountRef,
  app: string,
  kit: Kit,
): Promise<{ readonly known: readonly string[]; readonly lacking: readonly string[] }> => {
  const path = `${account.id}/subscribed_apps`;
  const { data } = await lookUpAs(ask, { account, path, bucket: "pages" }, subscribed, kit);
  const known = data.find(({ id }) => id === app)?.subscribed_fields ?? [];
  return { known, lacking: fields.filter((field) => !known.includes(field)) };
};

/** Subscribes the app to what is known and to all that is read. */
export const subscribe = async (
  ask: Caller,
  account: AccountRef,
  known: readonly string[],
  kit: Kit,
): Promise<void> => {
  const wanted = { subscribed_fields: [...new Set([...known, ...fields])].join(",") };
  const path = `${account.id}/subscribed_apps`;
  await ask({ account, method: "POST", path, fields: wanted, acts: false, bucket: "pages" }, kit);
};

/**
 * Is the app still subscribed to the Page? Meta ends a subscription whose webhook fails for an hour, and tells nobody who
 * could hear it. Subscribes again; what came meanwhile the catch-up reads.
 */
export const sweep = async (
  ask: Caller,
  about: {
    readonly account: AccountRef;
    readonly app: string | undefined;
    readonly subscribe: boolean;
    /** Nothing was read of the Page yet: what is subscribed now was never missing. */
    readonly first: boolean;
  },
  kit: Kit,
): Promise<Swept> => {
  const { account, app } = about;
  // Without the app's id nobody can say which of the subscribed apps is ours.
  if (app === undefined) {
    const say = `facebook: app.id (FACEBOOK_APP_ID) is not given: whether Page ${account.id} is still subscribed is not looked at, and which app has a private thread is not known.`;
    return { said: [say], missed: false };
  }
  const { known, lacking } = await lackingOf(ask, account, app, kit);
  if (about.first && about.subscribe) {
    if (lacking.length > 0) await subscribe(ask, account, known, kit);
    return { said: [], missed: false };
  }
  const note = kit.note(noteOf(account));
  const before = await note.read();
  if (lacking.length === 0) return { said: [], missed: before === "yes" };
  if (before !== "yes") await note.swap(before, "yes");
  const what = known.length === 0 ? "was subscribed no more" : `was not subscribed to ${lacking.join(", ")}`;
  const since = new Date(kit.now()).toISOString();
  if (!about.subscribe) {
    const say = `facebook: Page ${account.id} ${what} (${since}): subscribe it, or no delivery tells of it.`;
    return { said: [say], missed: false };
  }
  await subscribe(ask, account, known, kit);
  const say = `facebook: Page ${account.id} ${what} and is again (${since}): look why its webhook failed; what came meanwhile is read now.`;
  return { said: [say], missed: true };
};
