import { randomUUID } from "node:crypto";
import type { Actor, ConversationKey, EffectKey, EntryKey } from "casethread";
import { z } from "zod";
import { waysOf } from "./cases.ts";
import type { FaultBoard } from "./faults.ts";
import type { Customer } from "./feed.ts";
import { refuse } from "./refuse.ts";
import { cast, type World } from "./world.ts";

const day = 86_400_000;
const network = z.enum(["x", "facebook"]);
const id = z.string().min(1).max(600);
// A network refuses what is too long for it, in its own words.
const text = z.string().trim().min(1, "write something first").max(20_000, "that is longer than any network takes");
const door = z.enum(["public", "private"]);
const by = z.enum(cast.agents.map((agent) => agent.id) as [string, ...string[]]);

const shapes = {
  say: z.strictObject({ by: id, network, text, replyTo: id.optional() }),
  write: z.strictObject({ by: id, network, text }),
  follow: z.strictObject({ by: id, network, post: id, text }),
  remove: z.strictObject({ network, post: id }),
  answer: z.strictObject({ by, conversation: id, door, text }),
  change: z.strictObject({ by, conversation: id, door, text, draft: id, version: z.int().positive() }),
  draft: z.strictObject({ by, draft: id }),
  close: z.strictObject({ by, conversation: id }),
  effect: z.strictObject({ effect: id }),
  ways: z.strictObject({ conversation: id, text: z.string().max(20_000) }),
  pause: z.strictObject({ side: door.optional(), words: z.enum(["person", "automatic"]).optional() }),
  resume: z.strictObject({ id }),
  fault: z.strictObject({ fault: id, on: z.boolean() }),
  pass: z.strictObject({
    ms: z
      .int()
      .positive()
      .max(8 * day),
  }),
  nothing: z.strictObject({}),
};

/** What the visitor does, by name. */
export interface Desk {
  /**
   * Does one thing.
   *
   * @throws BridgeError with a sentence for the visitor.
   */
  do(verb: string, given: unknown): Promise<unknown>;
}

const made = "code/entry/";

/** Makes the desk: everything that the page can do goes through here. */
export const createDesk = (world: World, customer: Customer, faults: FaultBoard): Desk => {
  const { bridge } = world;
  const agent = (who: string): Actor => ({ kind: "agent", id: who });
  const key = (): string => randomUUID();

  const verbs: Readonly<Record<string, (given: unknown) => Promise<unknown>>> = {
    say: (given) => customer.say(shapes.say.parse(given)),
    write: (given) => customer.write(shapes.write.parse(given)),
    follow: (given) => customer.follow(shapes.follow.parse(given)),
    remove: (given) => customer.remove(shapes.remove.parse(given)),
    answer: async (given) => {
      const { by: who, conversation, door: side, text: words } = shapes.answer.parse(given);
      const of = conversation as ConversationKey;
      return bridge.answer({ key: key(), by: agent(who), conversation: of, side, text: words });
    },
    change: async (given) => {
      const { by: who, conversation, door: side, text: words, draft, version } = shapes.change.parse(given);
      if (!draft.startsWith(made))
        throw refuse("only answers that were written here can be changed here: take it back, and write another");
      const of = conversation as ConversationKey;
      const next = { key: draft.slice(made.length), version: version + 1 };
      return bridge.answer({ ...next, by: agent(who), conversation: of, side, text: words });
    },
    release: async (given) => {
      const { by: who, draft } = shapes.draft.parse(given);
      return bridge.release({ key: key(), by: agent(who), draft: draft as EntryKey });
    },
    withdraw: async (given) => {
      const { by: who, draft } = shapes.draft.parse(given);
      return bridge.withdraw({ key: key(), by: agent(who), draft: draft as EntryKey });
    },
    close: async (given) => {
      const { by: who, conversation } = shapes.close.parse(given);
      await bridge.resolve({ key: key(), by: agent(who), conversation: conversation as ConversationKey });
    },
    confirm: async (given) => {
      const { by: who, conversation } = shapes.close.parse(given);
      await bridge.confirm({ key: key(), by: agent(who), conversation: conversation as ConversationKey });
    },
    retry: (given) => bridge.retry(shapes.effect.parse(given).effect as EffectKey),
    // Which post it is, the visitor sees and we need not know: the network may still tell.
    landed: (given) => bridge.landed(shapes.effect.parse(given).effect as EffectKey, {}),
    drop: (given) => bridge.drop(shapes.effect.parse(given).effect as EffectKey),
    ways: async (given) => {
      const { conversation, text: words } = shapes.ways.parse(given);
      return waysOf(bridge, conversation as ConversationKey, words);
    },
    pause: async (given) => {
      const { side, words } = shapes.pause.parse(given);
      await bridge.pause({
        reason: "paused in the console",
        ...(side === undefined ? {} : { side }),
        ...(words === undefined ? {} : { words }),
      });
    },
    resume: (given) => bridge.resume(shapes.resume.parse(given).id),
    fault: async (given) => {
      const { fault, on } = shapes.fault.parse(given);
      await faults.turn(fault, on);
    },
    calm: async (given) => {
      shapes.nothing.parse(given);
      await faults.calm();
    },
    pass: (given) => world.clock.advance(shapes.pass.parse(given).ms),
  };

  return {
    do: async (verb, given) => {
      const known = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
      if (known === undefined) throw refuse(`the console does not know "${verb.slice(0, 40)}": load its page again`);
      try {
        return (await known(given)) ?? null;
      } catch (thrown) {
        if (!(thrown instanceof z.ZodError)) throw thrown;
        const { message, path } = thrown.issues[0] ?? { message: "it cannot be understood", path: [] };
        throw refuse(path.length === 0 ? message : `${path.join(".")}: ${message}`);
      }
    },
  };
};
