import type { Draft, Hold } from "../../words/entry.ts";
import { guard } from "../guard.ts";
import { neutral } from "../neutral.ts";
import type { Plan } from "./plan.ts";

/** What the guard has against these words in public, if anything. */
export const guardHold = (plan: Plan, draft: Draft, text: string): Hold | undefined => {
  if (draft.act?.do !== "reply") return undefined;
  const { known, rules } = plan.scene;
  const { action, terms } = rules.guard;
  const before = (known.recent ?? []).filter(({ key }) => key !== draft.entry).map((entry) => entry.text ?? "");
  const found = guard(text, { leaked: known.leaked, terms, before });
  if (!("blocked" in found)) return undefined;
  if (action === "block") return { kind: "guard", why: found.blocked, trouble: found.trouble };
  plan.because("guard-would-block", found.blocked.params);
  return undefined;
};

/** The words as they will stand there. */
export const harmless = (plan: Plan, { act }: Draft, text: string): string => {
  const { talk, scene } = plan;
  const { action, names } = scene.rules.guard;
  if (act?.do !== "reply" || action === "report") return text;
  const handles = talk.personas.flatMap((ref) => plan.persona(ref)?.profile.handle ?? []);
  const made = neutral(text, { ...names, mentions: [...names.mentions, ...handles] });
  if (made.kinds.length > 0) plan.because("made-harmless", { kinds: made.kinds.join(", ") });
  return made.text;
};
