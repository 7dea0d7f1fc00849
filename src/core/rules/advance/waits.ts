import type { Draft, Hold } from "../../words/entry.ts";
import { door } from "../../words/ref.ts";
import { claimedFrom, isApproved, isConfirmed, stale } from "../holds.ts";
import { pausedBy } from "../pause.ts";
import { guardHold } from "./guarded.ts";
import type { Plan } from "./plan.ts";

/** What is wrong with the person these words are for: she has gone, or goes by another name than the one they are written to. */
const addressee = (plan: Plan, draft: Draft, text: string): Hold | undefined => {
  const { act } = draft;
  const ref = act?.do === "message" ? act.to : plan.talk.personas[0];
  const persona = ref && plan.persona(ref);
  if (persona?.gone === "deleted" || persona?.gone === "suspended") {
    return { kind: "stale", why: { code: `author-${persona.gone}` } };
  }
  const lower = text.toLowerCase();
  const old = (persona?.formerly ?? []).some((handle) => lower.includes(`@${handle.toLowerCase()}`));
  return old ? { kind: "stale", why: { code: "handle-changed" } } : undefined;
};

/** What of a person's words waits for somebody: whoever answers already, whoever must say yes. */
const amongPeople = (plan: Plan, draft: Draft, text: string): readonly Hold[] => {
  const { scene, talk } = plan;
  const holds: Hold[] = [];
  const found = stale(draft, talk);
  if (found !== undefined && "hold" in found) holds.push(found.hold);
  else if (found !== undefined) plan.because(found.note);
  if (!isConfirmed(draft)) {
    const claimed = claimedFrom(draft, talk, scene.now);
    if (claimed !== undefined) holds.push(claimed);
    const who = addressee(plan, draft, text);
    if (who !== undefined) holds.push(who);
  }
  const asked = plan.ask("approve", () => ({
    needs: scene.rules.approve({ text, side: draft.side, by: draft.by, conversation: talk }),
  }));
  // A rule that threw has not said that no yes is needed.
  const needed = asked === undefined ? true : asked.needs;
  if (needed !== undefined && !isApproved(draft, needed === true ? undefined : needed)) {
    const by = needed === true ? {} : { by: needed };
    holds.push({ kind: "approval", why: { code: "needs-a-yes" }, ...by });
  }
  return holds;
};

/** Why a draft may not leave now. */
export const holdsOf = (plan: Plan, draft: Draft, text: string): readonly Hold[] => {
  const { scene } = plan;
  const holds: Hold[] = draft.words === "person" ? [...amongPeople(plan, draft, text)] : [];
  const guarded = guardHold(plan, draft, text);
  if (guarded !== undefined) holds.push(guarded);
  const effect = { door: door.of(plan.talk.account, draft.side), words: draft.words, at: scene.now };
  const pause = pausedBy(scene.known.pauses, effect, scene.now);
  if (pause !== undefined) holds.push({ kind: "paused", why: { code: "paused", params: { pause: pause.id } } });
  return holds;
};
