import { styleText } from "node:util";
import type { Difference } from "./audit.ts";
import type { FileOddities } from "./file.ts";
import type { PlotOddities } from "./plot.ts";

/** What came of a replay. It holds no one's words, names or handles. */
export interface Report {
  readonly tweets: number;
  /** Threads of the file: tweets that answer nothing in it. */
  readonly roots: number;
  readonly deepest: number;
  readonly accounts: number;
  /** One person with one account, however many threads. */
  readonly conversations: number;
  /** People who began several threads with the same account: one case each all the same. */
  readonly severalRoots: number;
  readonly cases: number;
  readonly entries: number;
  /** Answers of agents that stand on the feed, and how many different agents gave them. */
  readonly answers: number;
  readonly agents: number;
  readonly byHand: number;
  /** Customers' tweets that name, answer and are answered by no account: they stand on the feed, and nobody is told. */
  readonly toldToNobody: number;
  /** Answers that X refused because the account had said the very same words under the same tweet. Each is parked. */
  readonly duplicates: number;
  readonly parked: number;
  /** Drafts that wait for a person. */
  readonly held: number;
  /** Deliveries that could not be read. */
  readonly unread: number;
  /** Answers that the guard would have held, had it not been told to report only. */
  readonly guarded: number;
  readonly seconds: number;
  /** Entries of customers and answers of agents. */
  readonly interactions: number;
  readonly perSecond: number;
  readonly crmCallsPerThousand: number;
  /** Of these: those that asked what is new. */
  readonly crmPollsPerThousand: number;
  /** What the network did to the bridge. */
  readonly doubledDeliveries: number;
  /** Words that it refused for now, and words whose fate it did not tell. */
  readonly throttled: number;
  readonly unanswered: number;
  readonly oddities: FileOddities & PlotOddities;
  readonly differences: readonly Difference[];
}

const rounded = (value: number): string =>
  value.toLocaleString("en-US", { maximumFractionDigits: value < 100 ? 1 : 0 });

const oddities = (odd: Report["oddities"]): readonly (readonly [string, string])[] =>
  [
    ["dangling parents", odd.danglingParents],
    ["forks", odd.forks],
    ["circles", odd.circles],
    ["bare carriage returns", odd.bareReturns],
    ["lines that are no tweet", odd.unreadable],
    ["tweets that come twice", odd.repeated],
    ["answers cut to length", odd.shortened],
    ["quotes never closed", odd.unclosed.length],
    ["lines that these swallowed", odd.unclosed.reduce((sum, { lines }) => sum + lines, 0)],
    ["last line cut off", odd.lastLineCut ? 1 : 0],
  ].flatMap(([name, count]) => (count === 0 ? [] : [[String(name), rounded(Number(count))] as const]));

const shownAtMost = 20;

/** The report as people read it. */
export const reportText = (report: Report): string => {
  const rows: readonly (readonly [string, string])[] = [
    [
      "tweets",
      `${rounded(report.tweets)} in ${rounded(report.roots)} threads, up to ${report.deepest} deep, ${report.accounts} accounts`,
    ],
    ["conversations", rounded(report.conversations)],
    ["people with several roots", rounded(report.severalRoots)],
    ["cases", rounded(report.cases)],
    ["entries", rounded(report.entries)],
    [
      "answers on the feed",
      `${rounded(report.answers)} by ${rounded(report.agents)} agents, ${rounded(report.byHand)} posts by hand`,
    ],
    ["told to nobody", rounded(report.toldToNobody)],
    ...(report.duplicates === 0 ? [] : [["refused by X as duplicates", rounded(report.duplicates)] as const]),
    ["parked", `${rounded(report.parked)}, held ${rounded(report.held)}, unread ${rounded(report.unread)}`],
    ["the guard would have held", rounded(report.guarded)],
    [
      "interactions",
      `${rounded(report.interactions)} in ${rounded(report.seconds)} s, ${rounded(report.perSecond)} a second`,
    ],
    [
      "CRM calls",
      `${rounded(report.crmCallsPerThousand)} per 1,000 interactions, ${rounded(report.crmPollsPerThousand)} of them polls`,
    ],
    [
      "X",
      `${rounded(report.doubledDeliveries)} deliveries came twice, ${report.throttled} answers throttled, ${report.unanswered} cut off`,
    ],
    ...oddities(report.oddities),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`);
  const { differences } = report;
  const verdict =
    differences.length === 0
      ? styleText("green", "The audit found no difference between the file and what the sandboxes received.")
      : styleText("red", `The audit found ${differences.length} differences:`);
  const swallowed = report.oddities.unclosed.map(({ line, lines: count }) =>
    styleText(
      "yellow",
      `Line ${line} of the file opens a quote that nothing closes: ${count} ${count === 1 ? "line was" : "lines were"} left out. Close it, and play the file again.`,
    ),
  );
  const told = differences
    .slice(0, shownAtMost)
    .map(({ law, tweet, detail }) => `  ${tweet === undefined ? "" : `tweet ${tweet}: `}${law}: ${detail}`);
  const more = differences.length > shownAtMost ? [`  and ${differences.length - shownAtMost} more`] : [];
  return ["", ...lines, "", ...swallowed.slice(0, shownAtMost), verdict, ...told, ...more, ""].join("\n");
};
