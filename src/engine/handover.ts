import { dueOf } from "../core/rules/advance/plan.ts";
import { type Stage, stageOf } from "../core/rules/stage.ts";
import type { Conversation } from "../core/words/conversation.ts";
import type { AccountRef, ConversationKey, Instant } from "../core/words/ref.ts";
import type { Standing } from "../core/contracts/store.ts";
import type { House } from "./house.ts";

/** A conversation that whoever comes next has to know of. */
export interface Pending {
  readonly conversation: ConversationKey;
  readonly account: AccountRef;
  readonly stage: Stage;
  /** 0 is most urgent; 50 is usual. */
  readonly priority: number;
  /** The customer waits for the brand since then. */
  readonly waitsSince?: Instant;
  /** Until when the department promises an answer. */
  readonly answerBy?: Instant;
  /** Acts that have not ended. */
  readonly promised: number;
  /** Acts that wait for a person. */
  readonly parked: number;
  /** Drafts that something holds. */
  readonly held: number;
  readonly case?: { readonly number?: string; readonly url: string };
  readonly post?: string;
  readonly assignee?: string;
}

/** What one department hands over. */
export interface DepartmentPending {
  /** None: nobody's yet. */
  readonly department?: string;
  /** The most urgent first; of those the soonest due, then the longest waiting. */
  readonly pending: readonly Pending[];
}

/** What is to be known by whoever comes next. */
export interface Handover {
  readonly at: Instant;
  /** Departments that have something to hand over, by name; what is nobody's comes last. */
  readonly departments: readonly DepartmentPending[];
}

const page = 500;

/** Nobody waits where the case is closed, gone or merged away: decisions say so. Who is watched is not waited for. */
const waits = ({ awaiting, disposition }: Conversation): boolean => awaiting === "us" && disposition === "case";

const pendingOf = (house: House, { conversation: talk, promised, parked, drafts }: Standing): Pending | undefined => {
  const waiting = waits(talk);
  if (!waiting && promised + parked + drafts === 0) return undefined;
  const { ref } = talk.case;
  const post = talk.public?.latest;
  const url = post && (talk.public?.url ?? house.channels.get(post.account.channel)?.url(post)?.href);
  const due = waiting ? dueOf(talk, house.rules) : undefined;
  return {
    conversation: talk.key,
    account: talk.account,
    stage: stageOf(talk),
    priority: talk.priority,
    ...(waiting ? { waitsSince: talk.awaitingSince } : {}),
    ...(due === undefined ? {} : { answerBy: due }),
    promised,
    parked,
    held: drafts,
    ...(ref === undefined
      ? {}
      : { case: { url: house.crm.url(ref).href, ...(ref.number === undefined ? {} : { number: ref.number }) } }),
    ...(url === undefined ? {} : { post: url }),
    ...(talk.assignee === undefined ? {} : { assignee: talk.assignee }),
  };
};

const never = Number.MAX_SAFE_INTEGER;
const sooner = (a: Pending, b: Pending): number =>
  a.priority - b.priority ||
  (a.answerBy ?? never) - (b.answerBy ?? never) ||
  (a.waitsSince ?? never) - (b.waitsSince ?? never);

/** Goes through all conversations, and tells those that wait for somebody or something. */
export const handover = async (house: House): Promise<Handover> => {
  const found = new Map<string | undefined, Pending[]>();
  for (let after: ConversationKey | undefined; ;) {
    const some = await house.store.standing(after, page);
    for (const one of some) {
      const pending = pendingOf(house, one);
      if (pending === undefined) continue;
      const department = one.conversation.department?.name;
      const of = found.get(department);
      if (of === undefined) found.set(department, [pending]);
      else of.push(pending);
    }
    if (some.length < page) break;
    after = some.at(-1)?.conversation.key;
  }
  const named = [...found].sort(([a], [b]) => (a === undefined ? 1 : b === undefined ? -1 : a < b ? -1 : 1));
  return {
    at: house.clock.now(),
    departments: named.map(([department, pending]) => ({
      ...(department === undefined ? {} : { department }),
      pending: pending.sort(sooner),
    })),
  };
};
