import type { Profile } from "casethread/adapter";
import { z } from "zod";
import type { Activity } from "./shapes.ts";

const changed = z.object({ before: z.string().default(""), after: z.string() });

// "handle" is X's newer name for it; "screenname" has been seen to carry display names: what could not be a handle, before or after, is a name.
/** What a change of an account's profile tells of its names. */
export const renamed = ({ event_type: type, payload }: Activity): Profile => {
  const names = changed.safeParse(payload).data;
  if (!/^profile\.update\.(?:screenname|handle)$/.test(type) || names === undefined) return {};
  return [names.before, names.after].every((name) => /^\w{0,15}$/.test(name))
    ? { handle: names.after }
    : { name: names.after };
};

/** What to say when an account goes by another handle: what names it is searched for by the one in its options. */
export const calledNow = (id: string, handle: string): string =>
  `x: account ${id} is called @${handle} now: change its handle, or what names it is found by deliveries only.`;
