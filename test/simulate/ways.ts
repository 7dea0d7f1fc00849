import type { SalesforceConnection } from "casethread/salesforce";
import type { SalesforceFault, SalesforceSandbox } from "casethread/salesforce/sandbox";
import type { Chance } from "casethread/sandbox";
import { type Hand, never } from "./hands.ts";
import type { Network, Told } from "./network.ts";
import type { Notes, Request } from "./seen.ts";
import type { Timeline } from "./time.ts";
import { within, type World } from "./world.ts";

/** The ways between processes and networks: how long they take, and what is lost on them. */
export interface Ways {
  /** Words that leave: delayed, lost, done and not told, told twice; all of it as the world says. */
  act(hand: Hand, told: Told, ask: () => Promise<unknown>): Promise<unknown>;
  read<T>(hand: Hand, ask: () => Promise<T>): Promise<T>;
  salesforce(hand: Hand): () => Promise<SalesforceConnection>;
  /** The network's telling of these words has reached a bridge. */
  told(body: string): void;
}

interface Ground {
  readonly world: World;
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly net: Network;
  readonly salesforce: SalesforceSandbox;
  readonly notes: Notes;
}

/** What the adapter takes for the end of its patience with one request, in ms. */
const patienceMs = 10_000;

/** Opens the ways of a world. */
export const openWays = ({ world, timeline, chance, net, salesforce, notes }: Ground): Ways => {
  const { tally, requests } = notes;
  const told: string[] = [];
  let acts = 0;
  let asked = 0;
  let written = 0;
  const brief = (): number => Math.ceil(chance() * 120);
  const longMs = world.bounds === "within" ? within.tailMs - 1_000 : 200_000;

  const act: Ways["act"] = async (hand, words, ask) => {
    acts += 1;
    const number = acts;
    const mishaps = world.mishaps.filter((one) => one.act === number).map((one) => one.as);
    const pinch = world.pinches.find((one) => one.act === number);
    const { owner } = hand;
    const calledAt = timeline.now();
    if (pinch !== undefined) {
      tally["stop between check and write"] += 1;
      owner.frozenUntil = Math.max(owner.frozenUntil, timeline.now() + pinch.forMs);
      await timeline.outside(() => timeline.sleep(pinch.forMs));
      if (owner.dead) await never();
    }
    const request: Request = {
      ...words,
      leftAt: timeline.now(),
      pinched: pinch !== undefined,
      again: false,
      done: false,
      refused: false,
      life: owner,
    };
    requests.push(request);
    hand.underWay += 1;
    const slow = mishaps.includes("slow-way");
    const answer = await timeline.outside(async () => {
      await timeline.sleep(slow ? Math.ceil((0.3 + 0.7 * chance()) * longMs) : brief());
      if (mishaps.includes("cut-before")) throw new Error("cut");
      for (const mishap of mishaps) net.befall(mishap);
      const before = await standing(request);
      request.again = before > 0;
      const fate = await ask().then(
        (value) => ({ value }),
        (thrown: unknown) => ({ thrown }),
      );
      request.done = (await standing(request)) > before;
      if ("thrown" in fate) {
        const { refused, throttled, duplicate } = net.meant(fate.thrown);
        request.refused = !request.done && refused;
        if (throttled) tally.throttled += 1;
        if (duplicate && (request.again || request.done)) tally["called a duplicate"] += 1;
      }
      await timeline.sleep(mishaps.includes("slow-answer") ? Math.ceil(chance() * 25_000) : brief());
      return fate;
    });
    const { underWay } = hand;
    hand.underWay = underWay - 1;
    if (request.done && told.some((delivery) => delivery.includes(request.text))) tally["echo before the answer"] += 1;
    await hand.gate();
    hand.answered = true;
    // Who stood still before the write was called at all the while.
    const tookMs = timeline.now() - calledAt;
    // In the last second it may have been in time or not: neither counts against anybody.
    request.refused &&= tookMs <= patienceMs;
    if ("value" in answer) {
      if (tookMs < patienceMs - 1_000) request.answeredAt = timeline.now();
      else tally["answered after it was given up"] += 1;
    }
    if ("thrown" in answer) throw answer.thrown;
    return answer.value;
  };

  const standing = async ({ text, side }: Request): Promise<number> => {
    const { posts, dms } = await net.shown();
    const all = side === "public" ? posts.filter(({ gone }) => gone !== true) : dms;
    return all.filter((one) => one.viaApi && one.text.includes(text)).length;
  };

  const read = async <T>(hand: Hand, ask: () => Promise<T>): Promise<T> => {
    const fate = await timeline.outside(async () => {
      await timeline.sleep(brief());
      return ask().then(
        (value) => ({ value }),
        (thrown: unknown) => ({ thrown }),
      );
    });
    await hand.gate();
    if ("thrown" in fate) throw fate.thrown;
    return fate.value;
  };

  return {
    told: (delivery) => void told.push(delivery),
    act,
    read,
    salesforce: (hand) => async () => {
      const connection = await salesforce.connect();
      return {
        ...connection,
        request: (request) =>
          read(hand, async () => {
            asked += 1;
            // The change feed asks by POST as well.
            const writes = /"method":"(?:PATCH|POST)"/.test(request.body ?? "");
            if (writes) written += 1;
            const troubles = world.troubles
              .filter(({ of, request: nth }) => (of === "all" ? nth === asked : writes && nth === written))
              .map((one) => one.as);
            for (const trouble of troubles) {
              if (trouble === "slow") await timeline.sleep(Math.ceil(chance() * 45_000));
              else await salesforce.inject(trouble satisfies SalesforceFault);
              if (trouble === "expired-session") tally["a session ended between two writes"] += 1;
            }
            return connection.request(request);
          }),
      };
    },
  };
};
