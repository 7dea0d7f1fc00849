import {
  type AccountRef,
  type ChannelTask,
  type Kit,
  type PostRef,
  type Receipt,
  sameWords,
  type Sent,
} from "casethread/adapter";
import { z } from "zod";
import type { Caller } from "./client.ts";
import { isPost, plainId, postUrl } from "./ids.ts";
import { commentFields, letterFields, lookUpAs, pagesOf, threadsOf } from "./lookup.ts";
import { disclosed } from "./terms.ts";
import { saidOfLetter } from "./messenger.ts";
import { psid, saidOfNode, type Told } from "./said.ts";
import { conversation, letter, listing, node } from "./shapes.ts";

// The clocks of two machines, and Graph's whole seconds.
/** @internal */
export const skewMs = 60_000;
const windowMs = 2_000;
const mostPages = 4;

/** The private words of a thread, newest first. */
const wordsWith = async (
  ask: Caller,
  account: AccountRef,
  person: string,
  told: Told,
  kit: Kit,
): Promise<ReturnType<typeof saidOfLetter>[]> => {
  const read = await lookUpAs(
    ask,
    {
      account,
      path: threadsOf(account),
      bucket: "messenger",
      fields: { user_id: person, fields: `id,messages.limit(50){${letterFields}}` },
    },
    listing,
    kit,
  );
  return read.data.flatMap((one) =>
    (conversation.safeParse(one).data?.messages ?? []).flatMap((raw) => {
      const known = letter.safeParse(raw).data;
      return known === undefined ? [] : [saidOfLetter(known, told)];
    }),
  );
};

const replied = z.object({
  private_reply_conversation: z
    .object({ participants: z.object({ data: z.array(z.object({ id: z.string() })) }) })
    .optional(),
});

/** The one private answer to a post in these words, if it is shown, and when the Page spoke to that person besides. */
export const privateReplyTo = async (
  ask: Caller,
  of: { readonly under: PostRef; readonly words: string; readonly told: Told },
  kit: Kit,
): Promise<{
  readonly receipt?: Omit<Receipt, "at"> & { readonly saidAt: number };
  readonly others?: readonly number[];
}> => {
  const { under, words, told } = of;
  const { account } = told;
  // Of posts Graph has no such field.
  if (isPost(under)) return {};
  const fields = { fields: "private_reply_conversation{participants}" };
  const seen = await lookUpAs(ask, { account, path: plainId(under), bucket: "pages", fields }, replied, kit);
  const person = seen.private_reply_conversation?.participants.data.find(({ id }) => id !== account.id)?.id;
  // Nothing is shown: of what others see of it Facebook tells nobody.
  if (person === undefined) return {};
  const spoken = await wordsWith(ask, account, person, told, kit);
  const ours = spoken.flatMap((said) => (said?.actor.kind === "brand" ? said : []));
  const match = ours.find((said) => sameWords(said.text, words));
  if (match?.message === undefined) return { others: ours.map(({ at }) => at) };
  const thread = { account, id: person };
  const receipt = { thread, message: match.message, learned: psid(account, person), saidAt: match.at };
  return { receipt };
};

/**
 * Did these words land? Looks only at what is not older than the attempt: a like word of last week is no proof. An absence
 * is none either; Facebook does not say how long it may hide what was written.
 */
export const findLanded = async (
  ask: Caller,
  about: { readonly task: ChannelTask; readonly sent: Sent; readonly told: Told; readonly disclosure: string },
  kit: Kit,
): Promise<Receipt | "unknown"> => {
  const { task, sent, told, disclosure } = about;
  const { account } = told;
  const act = task.effect.act;
  // What changes nothing when it is done twice is done again, not looked for.
  if (!("words" in task) || (act.do !== "reply" && act.do !== "message" && act.do !== "privateReply")) return "unknown";
  // Of a file without words Graph tells an address of its own: a like one is no proof.
  if (task.words === "") return "unknown";
  const since = sent.sendBy - windowMs - skewMs;
  const words = act.do === "reply" ? task.words : disclosed(task, disclosure);
  if (act.do === "privateReply") {
    const { receipt } = await privateReplyTo(ask, { under: act.under, words, told }, kit);
    if (receipt === undefined) return "unknown";
    const { saidAt: at, ...done } = receipt;
    return at < since ? "unknown" : { at, ...done, proof: "read-back" };
  }
  const found: Receipt[] = [];
  if (act.do === "message") {
    for (const said of await wordsWith(ask, account, plainId(act.to), told, kit)) {
      if (said === undefined || said.actor.kind !== "brand" || said.at < since || !sameWords(said.text, words))
        continue;
      found.push({ at: said.at, thread: { account, id: act.to.id }, message: said.message ?? "", proof: "read-back" });
    }
    return found.at(-1) ?? "unknown";
  }
  const question = {
    account,
    path: `${plainId(act.under)}/comments`,
    bucket: "pages" as const,
    fields: { fields: commentFields, filter: "stream", order: "reverse_chronological", limit: 100 },
  };
  for await (const { items } of pagesOf(ask, question, mostPages, kit)) {
    for (const raw of items) {
      const read = node.safeParse(raw).data;
      const said = read === undefined ? undefined : saidOfNode(read, act.under.id, told);
      if (read === undefined || said === undefined || said.by.id !== account.id) continue;
      if (said.at < since || !sameWords(said.text, words)) continue;
      const url = postUrl(account, read.id);
      found.push({ at: said.at, post: { account, id: read.id }, url, proof: "read-back" });
    }
  }
  // Newest first is the order asked for: of several, the oldest is the one that this attempt made.
  return found.at(-1) ?? "unknown";
};
