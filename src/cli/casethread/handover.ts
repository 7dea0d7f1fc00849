import { type Bridge, type Pending } from "casethread";
import { moment, type Said } from "./shell.ts";

const counted = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;
const some = (n: number, one: string, many: string): readonly string[] => (n === 0 ? [] : [counted(n, one, many)]);

const lineOf = (one: Pending, now: number): string => {
  const { waitsSince, answerBy, assignee, promised, parked, held } = one;
  const due = answerBy === undefined ? "" : `, ${answerBy < now ? "OVERDUE since" : "answer by"} ${moment(answerBy)}`;
  const what = [
    ...(waitsSince === undefined ? [] : [`waits since ${moment(waitsSince)}${due}`]),
    ...some(promised, "act is promised", "acts are promised"),
    ...some(parked, "act waits for a person", "acts wait for a person"),
    ...some(held, "draft is held", "drafts are held"),
  ];
  const where = [one.case?.number, one.post ?? one.case?.url ?? one.conversation].filter((part) => part !== undefined);
  const urgent = one.priority < 50 ? `[${one.priority}] ` : "";
  return `  ${urgent}${where.join("  ")}  ${what.join("; ")}${assignee === undefined ? "" : `; with ${assignee}`}`;
};

const sum = (all: readonly Pending[], of: (one: Pending) => number): number =>
  all.reduce((total, one) => total + of(one), 0);

/** What waits, what is promised and what is held, by department. */
export const handover = async (bridge: Bridge): Promise<Said> => {
  const told = await bridge.handover();
  const { at, departments } = told;
  const all = departments.flatMap(({ pending }) => pending);
  const waiting = all.filter(({ waitsSince }) => waitsSince !== undefined);
  const overdue = waiting.filter(({ answerBy }) => answerBy !== undefined && answerBy < at).length;
  const late = overdue === 0 ? "" : `, ${overdue} overdue`;
  const totals = [
    counted(waiting.length, "customer waits", "customers wait") + late,
    counted(
      sum(all, ({ promised }) => promised),
      "act is promised",
      "acts are promised",
    ),
    counted(
      sum(all, ({ parked }) => parked),
      "waits for a person",
      "wait for a person",
    ),
    counted(
      sum(all, ({ held }) => held),
      "draft is held",
      "drafts are held",
    ),
  ];
  return {
    lines: [
      ...departments.flatMap(({ department, pending }) => [
        department ?? "nobody's yet",
        ...pending.map((one) => lineOf(one, at)),
      ]),
      all.length === 0 ? "nothing waits" : totals.join("; "),
    ],
    json: told,
  };
};
