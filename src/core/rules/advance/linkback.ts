import type { CaseSeen } from "../../words/event.ts";
import type { Effect } from "../../words/effect.ts";
import type { Entry } from "../../words/entry.ts";
import { type AccountRef, door, type EntryKey, type Instant, keyOf } from "../../words/ref.ts";
import { answerKey } from "./parts.ts";
import { automation, type Plan } from "./plan.ts";
import { noMachine } from "./urgent.ts";
import { greetingOf } from "../policy.ts";

const day = 24 * 60 * 60_000;

const entryOf = (account: AccountRef, what: string): EntryKey => keyOf.entry(account, "closing", what);

/** Is this a closing word? It is of no use once the case is open again. */
export const isClosing = (effect: Effect): boolean =>
  effect.words === "automatic" &&
  effect.act.do === "reply" &&
  effect.content?.entry.startsWith(entryOf(effect.act.under.account, "")) === true;

/** Why the machine says nothing in public when the case is closed; undefined: it may. `closedBefore`: the last time it was. */
const silence = (plan: Plan, seen: CaseSeen, closedBefore: Instant | undefined): string | undefined => {
  const { talk, scene } = plan;
  const { rules, now } = scene;
  const post = talk.public;
  const can = scene.can(talk.account);
  const [customer] = talk.personas;
  const persona = customer && plan.persona(customer);
  const heard = talk.stamps.lastHeard ?? 0;
  if (post === undefined) return "nothing-said-in-public";
  if (post.gone) return "post-is-gone";
  if (noMachine(talk)) return "danger";
  if (can.reply === false) return "channel-cannot-reply";
  if (post.overheard === true) return "overheard";
  if (can.reply.summonedOnly && !post.summoned) return "not-summoned";
  if (persona?.optedOut !== undefined) return "opted-out";
  if (persona?.gone !== undefined) return "author-gone";
  if (now - seen.at > rules.windows.fresh) return "too-late";
  // A case that is opened and closed again without a word of the customer's is one interaction.
  if (closedBefore !== undefined && heard <= closedBefore) return "nothing-heard-since";
  // Words of the machine's stand at closings only: a day since the last closing is a day without any.
  const today = closedBefore !== undefined && now - closedBefore < day;
  if (today && post.automatic >= rules.automaticPerDay) return "said-enough-today";
  if ((talk.stamps.lastPublicAnswer ?? 0) >= heard) return "a-person-said-the-last-word";
  return undefined;
};

/** What a closed case does on the feed: one closing word, where the brand switched it on and no person has said one. */
export const linkBack = (plan: Plan, seen: CaseSeen, closedBefore: Instant | undefined): void => {
  const { talk, scene } = plan;
  const { closing, windows } = scene.rules;
  if (closing === undefined || talk.public === undefined) return;
  const silent = silence(plan, seen, closedBefore);
  if (silent !== undefined) {
    plan.because("no-closing-word", { because: silent });
    return;
  }
  const [to] = talk.personas;
  const { number } = talk.case.ref ?? {};
  const text = plan.ask("words.closing", () =>
    closing({
      greeting: greetingOf(to && plan.persona(to)),
      case: { ...(number === undefined ? {} : { number }), status: seen.status },
      conversation: talk,
    }),
  );
  if (text === undefined || text.trim() === "") {
    plan.because("no-closing-word", { because: "template-said-nothing" });
    return;
  }
  const entryKey = entryOf(talk.account, `${talk.key}/${talk.turn}`);
  const entry: Entry = {
    key: entryKey,
    conversation: talk.key,
    side: "public",
    by: automation,
    state: "draft",
    content: { entry: entryKey, version: 1, of: to ?? "brand" },
    text,
    at: scene.now,
    version: 1,
    words: "automatic",
  };
  plan.enter(entry);
  plan.update({ public: { ...talk.public, automatic: talk.public.automatic + 1 } });
  plan.because("closing-word");
  plan.promise({
    key: answerKey({ entry: entryKey }),
    door: door.of(talk.account, "public"),
    act: { do: "reply", under: talk.public.latest, ...(to === undefined ? {} : { to }) },
    content: entry.content,
    words: "automatic",
    notAfter: scene.now + windows.automatic,
  });
};
