import type { Said } from "../../words/event.ts";
import { disposed, isMuted } from "../disposition.ts";
import { matterOf } from "../matter.ts";
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

/** Is the author heard only? */
export const hearsOnly = (plan: Plan, said: Said): boolean => isMuted(plan.persona(said.by), said);

/** Whose matter is it? What a person decided, the brand's rules do not undo. */
export const assignDepartment = (plan: Plan, said: Said): void => {
  if (plan.talk.department?.why.code === "routed-by-person") return;
  const name = plan.ask("route", () => plan.scene.rules.route(matterOf(said, plan.talk)));
  if (name === undefined || name === plan.talk.department?.name) return;
  plan.update({ department: { name, since: said.at, why: { code: "routed-by-policy" } } });
  plan.because("routed", { department: name });
};
