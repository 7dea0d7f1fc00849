import type { Channel, Length } from "../core/contracts/channel.ts";
import { type Move, planMove, type Step } from "../core/rules/move.ts";
import { pausedBy } from "../core/rules/pause.ts";
import { performsOn } from "../core/rules/permit.ts";
import type { Conversation, Pause, Persona } from "../core/words/conversation.ts";
import { door, type Instant, type Side, type Why } from "../core/words/ref.ts";
import { channelOf, type House } from "./house.ts";
import { costOf } from "./known.ts";
import { find, type Where } from "./talk.ts";

/** What stands open at one side for a person's words, and how long they are there. */
export interface Way {
  readonly side: Side;
  /** Would words leave now? Else they wait there, or are refused: see `why`. */
  readonly open: boolean;
  /** Why it is open or not, as `explainWhy` says it. */
  readonly why: Why;
  /** Until when it is open, where the network closes it. */
  readonly until?: Instant;
  /** What a public answer brings along: the network's own way into private, or a door of the brand's. */
  readonly offers?: "invite" | "door";
  /** What it would cost, in US dollars. Absent: unknown. */
  readonly usd?: number;
  /** How long the words are, counted the network's way, and how long they may be. Absent: the network's way is not known. */
  readonly length?: Length;
  /** In how many parts they would be said. */
  readonly parts: number;
}

/** Which words, and about what. */
export type WaysWanted = Where & {
  /** The words so far. @default none */
  readonly text?: string;
};

interface Scene {
  readonly house: House;
  readonly talk: Conversation;
  readonly channel: Channel;
  readonly personas: readonly Persona[];
  readonly pauses: readonly Pause[];
  readonly text: string;
}

const partsIn = (channel: Channel, text: string, side: Side): number => channel.parts?.(text, side).length ?? 1;

const planned = ({ house, talk, channel, personas, text }: Scene, side: Side): Move =>
  planMove(
    {
      talk,
      can: channel.can(talk.account),
      rules: house.rules,
      now: house.clock.now(),
      personas,
      mass: house.crowd.isMass(talk.account),
      // Nothing is sent: the invite that would be made is none.
      token: () => "",
      withFile: false,
      words: "person",
      parts: partsIn(channel, text, "private"),
      cost: (act) => costOf(house, talk.account, act, text),
    },
    side,
  );

/** In public the bare answer says whether it is open at all; what goes along is the first step's. */
const openStep = ({ steps }: Move, side: Side): Step | undefined =>
  steps.find(({ rung }) => (side === "public" ? rung === "reply" : rung !== "person"));

const offersOf = ({ steps }: Move): Pick<Way, "offers"> => {
  const [first] = steps;
  if (first?.rung === "reply-with-invite") return { offers: "invite" };
  return first?.rung === "reply-with-door" ? { offers: "door" } : {};
};

/** What would keep words from leaving though the network lets them: `permit` says the same when they are to go. */
const keptBack = ({ house, talk, pauses }: Scene, side: Side, step: Step): Why | undefined => {
  const at = house.clock.now();
  if (pausedBy(pauses, { door: door.of(talk.account, side), words: "person", at }, at)) return { code: "paused" };
  if (!performsOn(house.perform(talk.account), side)) return { code: "only-rehearsed" };
  if (step.rung !== "message" && talk.public?.gone === true) return { code: "post-is-gone" };
  const taken = side === "private" && talk.private !== undefined && talk.private.control !== "us";
  return taken ? { code: "somebody-else-has-the-thread" } : undefined;
};

const wayOf = (scene: Scene, side: Side): Way => {
  const { channel, text } = scene;
  const move = planned(scene, side);
  const step = openStep(move, side);
  // What goes out first: a bare answer may cost less than one that brings an invite along.
  const usd = step && (side === "public" ? move.steps[0] : step)?.cost;
  const kept = step && keptBack(scene, side, step);
  const last = move.steps.at(-1)?.why ?? { code: "nothing-else-is-left" };
  return {
    side,
    open: step !== undefined && kept === undefined,
    why: kept ?? step?.why ?? last,
    ...(step?.until === undefined ? {} : { until: step.until }),
    ...(side === "public" && step !== undefined ? offersOf(move) : {}),
    ...(usd === undefined ? {} : { usd }),
    ...(channel.length === undefined ? {} : { length: channel.length(text, side) }),
    parts: partsIn(channel, text, side),
  };
};

/** What stands open for a person's words, on either side. Nothing is sent, written or asked outside. */
export const ways = async (house: House, wanted: WaysWanted): Promise<readonly Way[]> => {
  const talk = await find(house, wanted);
  if (talk === undefined) return [];
  const { personas, pauses } = await house.store.unit(async (unit) => ({
    personas: (await Promise.all(talk.personas.map((ref) => unit.persona(ref)))).flatMap((one) => one ?? []),
    pauses: await unit.pauses(),
  }));
  const channel = channelOf(house, talk.account);
  const scene = { house, talk, channel, personas, pauses, text: wanted.text ?? "" };
  return (["public", "private"] as const).map((side) => wayOf(scene, side));
};
