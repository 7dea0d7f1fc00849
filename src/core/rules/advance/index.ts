import type { Conversation, Decision } from "../../words/conversation.ts";
import { advanceAdvised } from "./advise.ts";
import { advanceAnswered } from "./answer.ts";
import { advanceOrdered } from "./ordered.ts";
import { advanceGone } from "./gone.ts";
import { merge } from "./merge.ts";
import { advanceProfiled } from "./people.ts";
import { type Plan, planFor, type Scene } from "./plan.ts";
import { advanceSaid } from "./said.ts";
import { advanceCase, advanceControlled, advanceOpened, advanceWoken } from "./seen.ts";
import { advanceSettled } from "./settled.ts";

const one = (talk: Conversation, scene: Scene): Plan => {
  const { event } = scene;
  switch (event.as) {
    case "said":
      return advanceSaid(talk, event, scene);
    case "gone":
      return advanceGone(talk, event, scene);
    case "profiled":
      return advanceProfiled(talk, event, scene);
    case "opened":
      return advanceOpened(talk, event, scene);
    case "controlled":
      return advanceControlled(talk, event, scene);
    case "case":
      return advanceCase(talk, event, scene);
    case "answered":
      return advanceAnswered(talk, event, scene);
    case "advised":
      return advanceAdvised(talk, event, scene);
    case "settled":
      return advanceSettled(talk, event, scene);
    case "woken":
      return advanceWoken(talk, event, scene);
    case "ordered":
      throw new Error("orders are advanced by advanceOrdered");
  }
};

/** One event, and what it shows to be one: what a late parent holds together, what had waited for its post, what the CRM has merged. */
const joined = ([first, ...others]: readonly Conversation[], scene: Scene): readonly Plan[] => {
  if (first === undefined) return [];
  // What was entered in one conversation is entered in the other: the newer write there has to be the newer one here.
  const newest = Math.max(first.revision, ...others.map(({ revision }) => revision));
  const plan = one({ ...first, revision: newest }, scene);
  const rest = others.map((talk) => {
    const from = planFor({ ...talk, revision: newest }, scene);
    if (scene.event.as === "case") from.update({ case: { ...talk.case, stage: "gone" } });
    merge(plan, from, {
      because: talk.waits === undefined ? "joined-by-late-parent" : "own-words-found-their-post",
    });
    return from;
  });
  return [plan, ...rest];
};

/** What follows from an event for the conversations it is on: one as a rule, two for a merge and a split, many for a topic. */
export const advance = (talks: readonly Conversation[], scene: Scene): readonly Decision[] => {
  const { event } = scene;
  const plans = event.as === "ordered" ? advanceOrdered(talks, event, scene) : joined(talks, scene);
  return plans.map((plan) => plan.decision());
};
