import type { Conversation, Stamp } from "../../words/conversation.ts";
import type { Entry } from "../../words/entry.ts";
import type { Said } from "../../words/event.ts";
import type { Instant, PersonaRef } from "../../words/ref.ts";

/** The stamps with these, where they are not there yet. */
export const stamped = (talk: Conversation, at: Instant, ...names: readonly Stamp[]): Conversation["stamps"] => ({
  ...talk.stamps,
  ...Object.fromEntries(names.filter((name) => talk.stamps[name] === undefined).map((name) => [name, at])),
});

/** Something said, as an entry. */
export const entered = (said: Said, talk: Conversation, of: PersonaRef | "brand"): Entry => ({
  key: said.entry,
  conversation: talk.key,
  side: said.side,
  by: said.actor,
  state: "said",
  content: { entry: said.entry, version: said.version, of },
  text: said.text,
  ...(said.media === undefined ? {} : { media: said.media }),
  at: said.at,
  version: said.version,
  ...(said.post === undefined ? {} : { post: said.post }),
  ...(said.thread === undefined ? {} : { thread: said.thread }),
  ...(said.url === undefined ? {} : { url: said.url }),
  ...(said.tool === undefined ? {} : { tool: said.tool }),
});
