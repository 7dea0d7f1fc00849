import type { Conversation } from "../../words/conversation.ts";
import type { Advised, Said } from "../../words/event.ts";
import { isPast } from "../past.ts";
import type { Entry } from "../../words/entry.ts";
import { door, keyOf, type PersonaRef } from "../../words/ref.ts";
import { mostAdviceInAll, sizeOf } from "../advisor.ts";
import { type Matter, matterIn, matterOf } from "../matter.ts";
import { assignDepartment, disposeAnew } from "./disposing.ts";
import { type Plan, planFor, type Scene } from "./plan.ts";
import { raiseByAdvice, raiseByPolicy } from "./urgent.ts";
import { assigneeIn, queueOf } from "./whose.ts";

/** Asks whoever is to be asked about these words. Nothing waits for the answers. */
export const askAdvisors = (plan: Plan, said: Said, { content }: Entry): void => {
  const { talk, scene } = plan;
  if (talk.disposition === "ignore" || isPast(said)) return;
  const matter = matterOf(said, talk);
  for (const [name, { about, withinMs, otherwise }] of scene.rules.advisors) {
    if (plan.ask(`advisors.${name}.about`, () => about(matter)) !== true) continue;
    plan.promise({
      key: keyOf.effect(scene.event.key, `ask ${name}`),
      door: door.advisor(name),
      act: { do: "ask", advisor: name, deadline: scene.now + withinMs, fallback: otherwise },
      content,
    });
  }
};

/** With what is known now, the brand's rules may see the matter otherwise. */
const lookAnew = (plan: Plan, matter: Matter, by: PersonaRef): void => {
  const before = plan.talk;
  disposeAnew(plan, matter, by);
  raiseByPolicy(plan, matter);
  assignDepartment(plan, matter, plan.scene.event.at);
  if (plan.talk.department?.name === before.department?.name) return;
  // A case that is only now opened is opened with it.
  if (before.case.stage !== "none") plan.show({ ...queueOf(plan), ...assigneeIn(plan.talk) });
};

/** What follows from an advisor's answer: it is remembered, and the rules are asked again. */
export const advanceAdvised = (talk: Conversation, advised: Advised, scene: Scene): Plan => {
  const plan = planFor(talk, scene);
  const { advisor, advice, late } = advised;
  plan.because("advised", { advisor, late });
  raiseByAdvice(plan, advice, advisor);
  const entry = advised.entry === undefined ? undefined : plan.entry(advised.entry);
  // What was made of words may hold them, and goes with them.
  if (entry?.text === null) {
    plan.because("words-are-gone");
    return plan;
  }
  const all = { ...talk.advice, [advisor]: advice };
  if (sizeOf(all) > mostAdviceInAll) {
    plan.because("advice-does-not-fit", { advisor });
    return plan;
  }
  plan.update({ advice: all });
  if (entry?.by.kind !== "customer" || entry.content.of === "brand") return plan;
  const matter = matterIn(entry, plan.talk, plan.persona(entry.content.of));
  if (matter !== undefined) lookAnew(plan, matter, entry.content.of);
  return plan;
};
