import type { CaseSeen } from "../words/event.ts";
import type { Entry } from "../words/entry.ts";
import { door, keyOf } from "../words/ref.ts";
import { automation, type Plan } from "./advance/plan.ts";
import { greetingOf } from "./policy.ts";

const day = 24 * 60 * 60_000;

/** Why the machine says nothing in public when the case is closed; undefined: it may. */
const silence = (plan: Plan, seen: CaseSeen): string | undefined => {
  const { talk, scene } = plan;
  const { rules, now } = scene;
  const post = talk.public;
  const can = scene.can(talk.account);
  const [customer] = talk.personas;
  const persona = customer && plan.persona(customer);
  const heard = talk.stamps.lastHeard ?? 0;
  if (post === undefined) return "nothing-said-in-public";
  if (post.gone) return "post-is-gone";
  if (can.reply === false) return "channel-cannot-reply";
  if (can.reply.summonedOnly && !post.summoned) return "not-summoned";
  if (persona?.optedOut !== undefined) return "opted-out";
  if (persona?.gone !== undefined) return "author-gone";
  if (now - seen.at > rules.windows.fresh) return "too-late";
  if (post.automatic >= rules.automaticPerDay && now - post.heardAt < day) return "said-enough-today";
  if ((talk.stamps.lastPublicAnswer ?? 0) >= heard) return "a-person-said-the-last-word";
  return undefined;
};

/** What a closed case does on the feed: one closing word, where the brand switched it on and no person has said one. */
export const linkBack = (plan: Plan, seen: CaseSeen): void => {
  const { talk, scene } = plan;
  const { closing, windows } = scene.rules;
  if (closing === undefined || talk.public === undefined) return;
  const silent = silence(plan, seen);
  if (silent !== undefined) {
    plan.because("no-closing-word", { because: silent });
    return;
  }
  const [to] = talk.personas;
  const { number } = talk.case.ref ?? {};
  const text = closing({
    greeting: greetingOf(to && plan.persona(to)),
    case: { ...(number === undefined ? {} : { number }), status: seen.status },
    conversation: talk,
  });
  // One closing word for each time the customer was heard and the case closed: named after both, it is promised once.
  const key = keyOf.effect(talk.key, `closing-${talk.turn}`);
  const entryKey = keyOf.entry(talk.account, "closing", key);
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
    key,
    door: door.of(talk.account, "public"),
    act: { do: "reply", under: talk.public.latest, ...(to === undefined ? {} : { to }) },
    content: entry.content,
    words: "automatic",
    notAfter: scene.now + windows.automatic,
  });
};
