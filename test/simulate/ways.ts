import type { SalesforceConnection } from "casethread/salesforce";
import type { SalesforceFault, SalesforceSandbox } from "casethread/salesforce/sandbox";
import type { Chance } from "casethread/sandbox";
import type { XClient } from "casethread/x";
import type { XFault, XSandbox } from "casethread/x/sandbox";
import type { Hand } from "./hands.ts";
import type { Notes, Request } from "./seen.ts";
import type { Timeline } from "./time.ts";
import { within, type World } from "./world.ts";

/** The ways between processes and networks: how long they take, and what is lost on them. */
export interface Ways {
  x(hand: Hand): (account: { readonly id: string }) => XClient;
  salesforce(hand: Hand): () => Promise<SalesforceConnection>;
  /** The network's telling of these words has reached a bridge. */
  told(body: string): void;
}

interface Ground {
  readonly world: World;
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly x: XSandbox;
  readonly salesforce: SalesforceSandbox;
  readonly notes: Notes;
}

const atX: Readonly<Record<string, XFault>> = {
  "lost-response": "lost-response",
  "503-before": "503-before",
  "503-after": "503-after",
  "429": "429",
  "401": "401",
  "duplicate-after": "duplicate-after",
  hang: "hang",
};
/** What the adapter takes for the end of its patience with one request, in ms. */
const patienceMs = 10_000;

const never = new Promise<never>(() => undefined);

/** Opens the ways of a world. */
export const openWays = ({ world, timeline, chance, x, salesforce, notes }: Ground): Ways => {
  const { tally, requests } = notes;
  const told: string[] = [];
  let acts = 0;
  let asked = 0;
  let written = 0;
  const brief = (): number => Math.ceil(chance() * 120);
  const longMs = world.bounds === "within" ? within.tailMs - 1_000 : 200_000;

  /** Words that leave: delayed, lost, done and not told, told twice; all of it as the world says. */
  const act = async (hand: Hand, path: string, body: Record<string, unknown>, ask: () => Promise<unknown>) => {
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
      if (owner.dead) await never;
    }
    const message = /^dm_conversations\/with\/(\d+)\//.exec(path)?.[1];
    const reply = body["reply"] as { readonly in_reply_to_tweet_id?: string } | undefined;
    const request: Request = {
      text: String(body["text"]),
      side: message === undefined ? "public" : "private",
      to: message ?? reply?.in_reply_to_tweet_id ?? "",
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
      for (const mishap of mishaps) {
        const fault = atX[mishap];
        if (fault !== undefined) x.faults.inject(fault, 1);
      }
      const before = await standing(request);
      request.again = before > 0;
      const fate = await ask().then(
        (value) => ({ value }),
        (thrown: unknown) => ({ thrown }),
      );
      request.done = (await standing(request)) > before;
      if ("thrown" in fate) {
        const code = (fate.thrown as { readonly code?: number }).code ?? 0;
        request.refused = !request.done && code >= 400 && code < 500;
        if (code === 429) tally.throttled += 1;
        if (code === 403 && (request.again || request.done)) tally["called a duplicate"] += 1;
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
    const inTime = timeline.now() - calledAt < patienceMs - 1_000;
    request.refused &&= inTime;
    if ("value" in answer) {
      if (inTime) request.answeredAt = timeline.now();
      else tally["answered after it was given up"] += 1;
    }
    if ("thrown" in answer) throw answer.thrown;
    return answer.value;
  };

  const standing = async ({ text, side }: Request): Promise<number> => {
    const { posts, dms } = await x.state();
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
    x: (hand) => (account) => {
      const { v2 } = x.client(account);
      return {
        v2: {
          get: (path, query, whole) => read(hand, () => v2.get(path, query, whole)),
          delete: (path, query, whole) => read(hand, () => v2.delete(path, query, whole)),
          put: (path, body, whole) => read(hand, () => v2.put(path, body, whole)),
          post: (path, body, whole) =>
            act(hand, path, body, () => v2.post(path, body, whole)) as ReturnType<XClient["v2"]["post"]>,
        },
      };
    },
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
