import type { Said } from "../../words/event.ts";
import { isPast } from "../past.ts";
import type { Entry } from "../../words/entry.ts";
import { door, keyOf } from "../../words/ref.ts";
import { secretsIn } from "../guard.ts";
import { hushed } from "../automatic.ts";
import { privately } from "./address.ts";
import { submit } from "./answer.ts";
import { enterItself, quietlyOf, wordsOf } from "./automatic.ts";
import { automation, type Plan } from "./plan.ts";

/** Tells her in private what she has shown to everybody, where the brand has words for that and the network a way. */
const warn = (plan: Plan, said: Said): void => {
  const { talk, scene } = plan;
  const { words, windows } = scene.rules;
  if (words.exposed === undefined || scene.now - said.at > windows.fresh) return;
  const hush = hushed(talk, quietlyOf(plan));
  if (hush !== undefined) {
    plan.because("not-warned-in-private", { because: hush });
    return;
  }
  const text = wordsOf(plan, "exposed", words.exposed, { side: "private" });
  const address = text === undefined ? undefined : privately(plan, { withFile: false, words: "automatic", text });
  if (text === undefined || address === undefined || !("act" in address)) {
    plan.because("not-warned-in-private");
    return;
  }
  const key = keyOf.entry(talk.account, "warning", said.key);
  const { content } = enterItself(plan, { key, side: "private", text });
  plan.because("warned-in-private");
  const draft = {
    entry: key,
    conversation: talk.key,
    content,
    act: address.act,
    by: automation,
    words: "automatic",
    side: "private",
    turn: talk.turn,
    at: scene.now,
    notAfter: scene.now + windows.automatic,
    holds: [],
    approvals: [],
  } as const;
  submit(plan, draft, text);
};

/** A customer shows everybody what nobody should see of her: hidden where the network can, for that reason, and told to her in private. */
export const coverUp = (plan: Plan, said: Said, entry: Entry): void => {
  const { scene, talk } = plan;
  const { terms, hide } = scene.rules.guard;
  if (said.side !== "public" || said.post === undefined || entry.text === null) return;
  const found = secretsIn(said.text, terms);
  if (found.length === 0) return;
  plan.because("showed-private-data", { kinds: [...new Set(found.map(({ kind }) => kind))].join(", ") });
  // What has stood there for long is a person's to judge.
  if (isPast(said)) return;
  const hides = hide && scene.can(talk.account).hide && said.overheard !== true;
  if (hides)
    plan.promise({
      key: keyOf.effect(said.key, "hide"),
      door: door.of(talk.account, "public"),
      act: { do: "hide", post: said.post, hidden: true, because: "private-data", entry: said.entry },
    });
  if (said.version === 1) warn(plan, said);
};
