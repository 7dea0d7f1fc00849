import type { Said } from "../../words/event.ts";
import { clue, type PersonaRef } from "../../words/ref.ts";
import { byHand } from "../holds.ts";
import { entered, stamped } from "./entered.ts";
import { meet } from "./people.ts";
import type { Plan } from "./plan.ts";

/** The brand spoke in the network's own app, or an employee helped. */
export const spoken = (plan: Plan, said: Said): void => {
  const { talk } = plan;
  const brand = said.actor.kind === "brand";
  // What a machine of the brand's says keeps no promise that a person gave.
  const hand = brand && said.tool === undefined;
  const [customer] = talk.personas;
  const before = plan.entry(said.entry);
  plan.clue(clue.talk(talk.key), said.post && clue.post(said.post));
  if (talk.waits !== undefined) plan.clue(clue.post(talk.waits.under));
  if (before !== undefined && before.version > said.version) {
    plan.because("newer-version-known");
    return;
  }
  // What is said to a customer belongs to the customer, whoever says it.
  const of = brand ? (said.to ?? customer ?? "brand") : said.by;
  plan.enter(entered(said, talk, of));
  if (!brand) meet(plan, said.by, said.profile);
  const stamp = said.side === "public" ? "firstPublicAnswer" : "firstPrivateAnswer";
  // An edit answers nobody, nor do words that are told late and were said before the customer's last.
  const answers = hand && before === undefined && said.at >= (talk.stamps.lastHeard ?? 0);
  plan.update({
    turn: talk.turn + 1,
    ...(hand && before === undefined
      ? { lately: { ...talk.lately, answered: { by: byHand, to: talk.lately?.heard ?? 0, at: said.at } } }
      : {}),
    ...(hand
      ? {
          ...(answers ? { awaiting: "customer" as const, awaitingSince: said.at } : {}),
          stamps: {
            ...stamped(talk, said.at, stamp),
            ...(said.side === "public"
              ? { lastPublicAnswer: Math.max(said.at, talk.stamps.lastPublicAnswer ?? 0) }
              : {}),
          },
        }
      : {}),
    ...(brand && said.side === "private" && talk.private === undefined && (said.to ?? customer) !== undefined
      ? {
          private: {
            to: (said.to ?? customer) as PersonaRef,
            control: "us",
            ...(said.thread === undefined ? {} : { thread: said.thread }),
          },
        }
      : {}),
  });
  if (said.thread !== undefined) plan.clue(clue.thread(said.thread));
  plan.because(hand ? "brand-spoke-by-hand" : brand ? "another-tool-spoke" : "help-entered");
  plan.tell({ do: "entry" }, { content: { entry: said.entry, version: said.version, of } });
  if (answers) plan.show({ awaiting: "customer", awaitingSince: said.at });
};
