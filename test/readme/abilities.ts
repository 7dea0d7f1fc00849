import type { Crm } from "casethread";
import type { Channel, ChannelAbilities } from "casethread/adapter";
import { facebook } from "casethread/facebook";
import { salesforce } from "casethread/salesforce";
import { x } from "casethread/x";

const app = { consumerKey: "key", consumerSecret: "secret" };
const credentials = { accessToken: "token", accessSecret: "secret" };
const onX = (tier: "self-serve" | "enterprise"): Channel => x({ app, accounts: [{ id: "1", tier, credentials }] });
const onFacebook = facebook({
  app: { secret: "s", verifyToken: "v" },
  pages: [{ id: "1", token: "t", humanAgent: true }],
});
const login = { clientId: "id", clientSecret: "secret" };

const abilitiesOf = (channel: Channel): ChannelAbilities => {
  const [account] = channel.accounts();
  if (account === undefined) throw new Error(`${channel.name} has no account`);
  return channel.can(account);
};

/** A column of the table: what one account may do, in the state of its options that the heading names. */
interface Column {
  readonly heading: string;
  readonly can: ChannelAbilities;
}
const columns: readonly Column[] = [
  { heading: "X", can: abilitiesOf(onX("self-serve")) },
  { heading: "X, an enterprise's app", can: abilitiesOf(onX("enterprise")) },
  { heading: "Facebook, with Human Agent", can: abilitiesOf(onFacebook) },
];
const crms: readonly { readonly heading: string; readonly crm: Crm }[] = [
  { heading: "Salesforce", crm: salesforce({ origin: "https://acme.my.salesforce.com", login }) },
  {
    heading: "Salesforce, with its stream",
    crm: salesforce({ origin: "https://acme.my.salesforce.com", login, stream: true }),
  },
];

const units = [
  ["days", 86_400_000],
  ["hours", 3_600_000],
  ["minutes", 60_000],
  ["s", 1_000],
  ["ms", 1],
] as const;

const time = (ms: number): string => {
  // Two days and more are told in days: a day is 24 hours.
  const [unit, size] = units.find(([name, long]) => ms >= (name === "days" ? 2 : 1) * long) ?? ["ms", 1];
  return `${ms / size} ${unit}`;
};

const yes = (can: boolean): string => (can ? "yes" : "no");

const message = ({ message: terms }: ChannelAbilities): string => {
  if (terms === false) return "no";
  const { withinMs, humanWithinMs, first, pace } = terms;
  return [
    `for ${time(withinMs)} after ${first ? "the last word" : "her last word"}`,
    ...(humanWithinMs === undefined ? [] : [`for ${time(humanWithinMs)} by a person`]),
    ...(pace === undefined ? [] : [`${pace.most} in ${time(pace.perMs)}`]),
  ].join("; ");
};

const files = (side: "public" | "private", { media }: ChannelAbilities): string => {
  const terms = media?.[side];
  if (terms === undefined) return "no";
  const kinds = [...new Set(Object.keys(terms.types).map((type) => type.split("/")[0] ?? type))];
  return `${terms.most}${terms.withWords ? "" : ", in a message of its own"}: ${kinds.join(", ")}`;
};

const doubt = (act: "reply" | "privateReply", { unknown }: ChannelAbilities): string => {
  const outcome = unknown[act];
  if (outcome === undefined) return "–";
  const looked = `looked for after ${time(outcome.quietMs)}, ${1 + outcome.reads.length} times at most`;
  if (outcome.repeat === "once") return `${looked}; then done again: the network refuses a second`;
  return `${looked}; what cannot be seen waits for a person`;
};

type Row = readonly [what: string, tell: (can: ChannelAbilities) => string];
const rows: readonly Row[] = [
  [
    "public answers",
    ({ reply }) => (reply === false ? "no" : reply.summonedOnly ? "to who mentioned or quoted the account" : "yes"),
  ],
  [
    "a private answer to a post",
    ({ privateReply }) => (privateReply === false ? "no" : `within ${time(privateReply.withinMs)}`),
  ],
  ["private messages", message],
  ["an invite from public to private", ({ invite }) => yes(invite)],
  ["hides a post", ({ hide }) => yes(hide)],
  ["takes its own words back", ({ retract }) => yes(retract)],
  ["shares a private thread with other apps", ({ control }) => yes(control)],
  ["is asked first what a post or person allows", ({ look }) => yes(look)],
  ["files with public words", (can) => files("public", can)],
  ["files with private words", (can) => files("private", can)],
  ["words whose outcome is unknown", (can) => doubt("reply", can)],
  ["a private answer to a post, likewise", (can) => doubt("privateReply", can)],
];

/** What the README says of channels, as rows of cells: the heading first. */
export const channelTable: readonly (readonly string[])[] = [
  ["", ...columns.map(({ heading }) => heading)],
  ...rows.map(([what, tell]) => [what, ...columns.map(({ can }) => tell(can))]),
];

/** What it says of a CRM. */
export const crmTable: readonly (readonly string[])[] = [
  ["", ...crms.map(({ heading }) => heading)],
  ["acts in one write", ...crms.map(({ crm }) => `up to ${crm.can.batch}`)],
  [
    "waits for acts to gather",
    ...crms.map(({ crm }) => ((crm.can.gatherMs ?? 0) === 0 ? "no" : time(crm.can.gatherMs ?? 0))),
  ],
  [
    "is asked what has changed",
    ...crms.map(({ crm }) => (crm.pollMs === undefined ? "–" : `every ${time(crm.pollMs)}`)),
  ],
  ["tells it by itself", ...crms.map(({ crm }) => yes(crm.listen !== undefined))],
];

/** The table of a page whose second column has this heading, as rows of cells. */
export const tableIn = (markdown: string, heading: string): readonly (readonly string[])[] => {
  const lines = markdown.split("\n");
  const cellsOf = (line: string): readonly string[] =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
  const from = lines.findIndex((line) => line.startsWith("|") && cellsOf(line)[1] === heading);
  if (from < 0) return [];
  const rest = lines.slice(from);
  const end = rest.findIndex((line) => !line.startsWith("|"));
  return rest
    .slice(0, end)
    .filter((line) => !/^\|[-: |]+\|$/.test(line))
    .map(cellsOf);
};

/** A table as a page holds it. */
export const markdownOf = ([heading = [], ...body]: readonly (readonly string[])[]): string =>
  [heading, heading.map(() => "---"), ...body].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
