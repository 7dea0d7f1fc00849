import type { BridgeError } from "casethread/adapter";
import { z } from "zod";
import { described, get, type Ground, maybe, text } from "./looks.ts";
import { createLookup } from "./lookup.ts";
import { queryPath } from "./soql.ts";

const limits = z.record(z.string(), z.looseObject({ Max: z.number(), Remaining: z.number() }));

/** Are the queues there that departments are mapped to? */
const queues = async ({ client, settings, kit, obstacles }: Ground): Promise<void> => {
  const lookup = createLookup(client, settings);
  for (const [department, queue] of Object.entries(settings.queues)) {
    try {
      await lookup.owner(queue, kit);
    } catch (thrown) {
      obstacles.push(`the queue of the department ${department}: ${(thrown as BridgeError).message}`);
    }
  }
};

/** Can changes be streamed? */
export const streaming = async (ground: Ground): Promise<void> => {
  const { notes, obstacles, settings } = ground;
  const selected = await maybe(
    ground,
    "Change Data Capture",
    `/tooling${queryPath("SELECT SelectedEntity FROM PlatformEventChannelMember")}`,
  );
  const captured = new Set(selected.map((one) => text(one["SelectedEntity"])));
  const wanted = ["CaseChangeEvent", settings.names.entry.replace(/__c$/, "__ChangeEvent")];
  const missing = wanted.filter((one) => !captured.has(one));
  if (missing.length === 0) notes.push("changes can be streamed: set the option stream");
  else if (settings.stream)
    obstacles.push(
      `changes are to be streamed, and ${missing.join(" and ")} is not selected for Change Data Capture: deploy with stream: true, or select it in Setup`,
    );
  else
    notes.push(
      "Change Data Capture is not selected for Case and Social Message: changes are asked for every few seconds",
    );
};

/** How much room is left. */
const room = async (ground: Ground): Promise<void> => {
  const { notes, obstacles, settings } = ground;
  const { DailyApiRequests: calls, DataStorageMB: storage } = await get(ground, "/limits", limits);
  if (calls !== undefined)
    notes.push(
      `API calls: ${calls.Remaining} of ${calls.Max} a day are left; the bridge's share is ${Math.round(calls.Max * settings.callShare)}`,
    );
  if (storage !== undefined)
    notes.push(
      `data storage: ${storage.Remaining} of ${storage.Max} MB are left, about ${Math.floor((storage.Remaining * 1_024) / 8).toLocaleString("en-US")} interactions at 8 KB each`,
    );
  if (storage !== undefined && storage.Remaining < storage.Max / 50)
    obstacles.push("the data storage is nearly full: delete records or buy storage before cases are refused");
};

/** What the org has of what the adapter can use, and how much room is left. */
export const surroundings = async (ground: Ground, there: ReadonlySet<string>): Promise<void> => {
  const { notes, obstacles, settings } = ground;
  const has = (object: string, yes: string, no: string): void => void notes.push(there.has(object) ? yes : no);
  has(
    "SocialPost",
    "the org has SocialPost and SocialPersona; the bridge writes to its own objects, and leaves them alone",
    "the org has no SocialPost and SocialPersona: none is needed",
  );
  has(
    "Entitlement",
    "entitlement management is on: set the option entitlements, so that milestones count from the post",
    "entitlement management is off",
  );
  has(
    "UserServicePresence",
    'Omni-Channel is on: with the option onDuty: "presence" customers\' words go to people who are there',
    "Omni-Channel is off: nobody's presence can be read",
  );
  if (settings.onDuty === "presence" && !there.has("UserServicePresence"))
    obstacles.push(
      'the option onDuty is "presence", and Omni-Channel is off: switch it on, or use "hours" or a function',
    );
  has(
    "ContentDistribution",
    "public links of files can be made, where the user may: what agents attach to answers is carried",
    "Content Deliveries and Public Links are off: what agents attach to answers cannot be fetched by a network",
  );
  if (there.has("Account")) {
    const { fields: account } = await get(ground, "/sobjects/Account/describe", described);
    notes.push(
      account.some(({ name }) => name === "IsPersonAccount")
        ? "person accounts are on: the contact that is suggested for a persona may be a person account's"
        : "person accounts are off",
    );
  }
  await queues(ground);
  if (!settings.comments) await streaming(ground);
  await room(ground);
};
