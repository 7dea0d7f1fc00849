import type { Said } from "../../words/event.ts";
import type { Entry } from "../../words/entry.ts";
import { door, keyOf } from "../../words/ref.ts";
import { secretsIn } from "../guard.ts";
import { greetingOf } from "../policy.ts";
import { privately, submit } from "./answer.ts";
import { noMachine } from "./urgent.ts";
import { automation, type Plan } from "./plan.ts";

/** Tells her in private what she has shown to everybody, where the brand has words for that and the network a way. */
const warn = (plan: Plan, said: Said): void => {
  const { talk, scene } = plan;
  const { exposed, windows } = scene.rules;
  const [to] = talk.personas;
  if (exposed === undefined || scene.now - said.at > windows.fresh || noMachine(talk)) return;
  const persona = to && plan.persona(to);
  if (persona?.optedOut !== undefined) return;
  const { number } = talk.case.ref ?? {};
  const text = plan.ask("words.exposed", () =>
    exposed({ greeting: greetingOf(persona), case: number === undefined ? {} : { number }, conversation: talk }),
  );
  const address = text === undefined || text.trim() === "" ? undefined : privately(plan, { text });
  if (text === undefined || address === undefined || !("act" in address)) {
    plan.because("not-warned-in-private");
    return;
  }
  const key = keyOf.entry(talk.account, "warning", said.key);
  const entry: Entry = {
    key,
    conversation: talk.key,
    side: "private",
    by: automation,
    state: "draft",
    content: { entry: key, version: 1, of: to ?? "brand" },
    text,
    at: scene.now,
    version: 1,
    words: "automatic",
  };
  plan.enter(entry);
  plan.because("warned-in-private");
  const draft = {
    entry: key,
    conversation: talk.key,
    content: entry.content,
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
  const hides = hide && scene.can(talk.account).hide && said.overheard !== true;
  if (hides)
    plan.promise({
      key: keyOf.effect(said.key, "hide"),
      door: door.of(talk.account, "public"),
      act: { do: "hide", post: said.post, hidden: true, because: "private-data" },
    });
  if (said.version === 1) warn(plan, said);
};
