import type { Conversation } from "../../words/conversation.ts";
import type { Entry } from "../../words/entry.ts";
import { clue, type PersonaRef, samePersona } from "../../words/ref.ts";
import { beginning, claimOf } from "../resolve.ts";
import { type Plan, planFor } from "./plan.ts";
import { askWhom, enterAll } from "./enter.ts";
import { saidToAll, withoutMoved } from "./merge.ts";
import { openCase } from "./opening.ts";

const isOf = (entry: Entry, persona: PersonaRef): boolean =>
  entry.content.of !== "brand" && samePersona(entry.content.of, persona);

const without = (talk: Conversation, persona: PersonaRef): Conversation => {
  const { private: hidden, ...rest } = talk;
  const personas = talk.personas.filter((known) => !samePersona(known, persona));
  const theirs = hidden !== undefined && samePersona(hidden.to, persona);
  // Who was taken for the customer brought the invite all the same: a hint, as before.
  const hints = (talk.hints ?? []).filter((hint) => !samePersona(hint, persona));
  return {
    ...rest,
    personas,
    hints: [...hints, persona].slice(-4),
    ...(hidden === undefined || theirs ? {} : { private: hidden }),
  };
};

/**
 * Two personas are two people after all: what the one said goes to a conversation and a case of its own, and is not known
 * to the other. Answers that were promised keep their address.
 */
export const part = (plan: Plan, persona: PersonaRef): Plan | undefined => {
  const { talk, scene } = plan;
  const theirs = scene.known.entries.filter((entry) => isOf(entry, persona));
  const heard = theirs.filter((entry) => entry.by.kind === "customer");
  const [first] = heard;
  const known = talk.personas.some((one) => samePersona(one, persona));
  if (!known || first === undefined || talk.personas.length < 2) {
    plan.because("nothing-to-part");
    return undefined;
  }
  const moved = new Set(theirs.map(({ key }) => key));
  const post = heard.findLast((entry) => entry.post !== undefined);
  const hidden = talk.private !== undefined && samePersona(talk.private.to, persona) ? talk.private : undefined;
  const left = scene.known.entries.filter(({ key, by }) => !moved.has(key) && by.kind === "customer");
  plan.replace(without(withoutMoved(talk, left, theirs), persona));
  const said = saidToAll(talk);
  const fresh = planFor(
    {
      ...beginning({ key: scene.event.key, at: first.at, account: talk.account, persona }),
      turn: moved.size,
      priority: talk.priority,
      // Its entries were written at up to this one.
      revision: talk.revision,
      awaiting: "us",
      awaitingSince: first.at,
      related: talk.key,
      ...claimOf(talk),
      stamps: { ...said.stamps, lastHeard: Math.max(...heard.map(({ at }) => at)) },
      ...(hidden === undefined ? {} : { private: hidden }),
      ...(post?.post === undefined
        ? {}
        : {
            public: {
              latest: post.post,
              ...(post.url === undefined ? {} : { url: post.url }),
              summoned: true,
              gone: post.state === "gone",
              heardAt: post.at,
              ...said.public,
              threads: 1,
            },
          }),
    },
    scene,
  );
  fresh.clue(clue.talk(fresh.talk.key), clue.persona(persona));
  openCase(fresh, first);
  enterAll(fresh, (key) => moved.has(key));
  askWhom(plan, (key) => !moved.has(key));
  fresh.because("parted-from", { from: talk.key });
  plan.because("parted", { moved: moved.size });
  return fresh;
};
