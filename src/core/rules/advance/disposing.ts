import type { Said } from "../../words/event.ts";
import type { Instant, PersonaRef } from "../../words/ref.ts";
import { disposed, isMuted } from "../disposition.ts";
import { type Matter, matterOf } from "../matter.ts";
import { openWhole } from "./opening.ts";
import type { Plan } from "./plan.ts";

/** What a person decided on a conversation stands until a person says otherwise. */
const decidedByPerson: ReadonlySet<string | undefined> = new Set(["ignored-by-person"]);

/**
 * Asks whether it matters: with the first word, and again with each while there is no case. A talk that was only watched
 * becomes a case with the first word that is more than what it was watched for.
 */
export const dispose = (plan: Plan, said: Said): void => {
  const { talk, scene } = plan;
  if (decidedByPerson.has(talk.disposed)) return;
  if (talk.turn > 1 && talk.disposition === "case") return;
  const persona = plan.persona(said.by);
  const found = disposed(said, talk, {
    matter: matterOf(said, talk),
    persona,
    rules: scene.rules,
    own: () => plan.ask("dispose", () => scene.rules.dispose(matterOf(said, talk))),
  });
  // The brand's own rule, silent now, has not taken back what it said before.
  const stands = found === undefined && talk.disposed?.startsWith("disposed-") === true;
  const { disposed: before, ...rest } = talk;
  if (stands) return;
  const { disposition, code } = found ?? { disposition: "case" as const, code: undefined };
  const why = disposition === "case" ? {} : { disposed: code ?? before ?? "disposed" };
  if (disposition !== talk.disposition) plan.because(code ?? "matters-after-all");
  plan.replace({ ...rest, disposition, ...why });
};

/** Nobody waits for an answer to what is ignored. */
export const ignored = (plan: Plan, at: Instant): void => {
  if (plan.talk.disposition !== "ignore" || plan.talk.awaiting !== "us") return;
  plan.update({ awaiting: "nobody", awaitingSince: at });
};

/** What was not taken for a case may be one after all, and the other way round, for as long as it has none. */
export const disposeAnew = (plan: Plan, matter: Matter, by: PersonaRef): void => {
  const { disposed: before, disposition, case: of } = plan.talk;
  const { rules, now } = plan.scene;
  // What is known of the author goes before the brand's rule, now as at first.
  if (rules.others.has(by.id) || isMuted(plan.persona(by), { at: now })) return;
  if (decidedByPerson.has(before) || of.stage !== "none") return;
  const own = plan.ask("dispose", () => rules.dispose(matter));
  if (own === undefined || own === disposition) return;
  plan.because(`disposed-${own}`);
  if (own === "case") openWhole(plan);
  else plan.update({ disposition: own, disposed: `disposed-${own}` });
  ignored(plan, plan.scene.event.at);
};

/** Is the author heard only? */
export const hearsOnly = (plan: Plan, said: Said): boolean => isMuted(plan.persona(said.by), said);

/** Whose matter is it? What a person decided, the brand's rules do not undo. */
export const assignDepartment = (plan: Plan, matter: Matter, at: Instant): void => {
  if (plan.talk.department?.why.code === "routed-by-person") return;
  const name = plan.ask("route", () => plan.scene.rules.route(matter));
  if (name === undefined || name === plan.talk.department?.name) return;
  plan.update({ department: { name, since: at, why: { code: "routed-by-policy" } } });
  plan.because("routed", { department: name });
};
