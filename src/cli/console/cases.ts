import { type Bridge, explainWhy, type Held as HeldDraft, type Pending, type Talk } from "casethread";
import type { CaseLine, CaseView, Entry, Held, Network, Parked, Step, Waiting, Way } from "./page/model.ts";
import { cast } from "./world.ts";

/** What a case is looked at with, besides itself. */
export interface Around {
  readonly pending: ReadonlyMap<string, Pending>;
  readonly held: ReadonlyMap<string, readonly HeldDraft[]>;
  /** Names of people, by the network's id. */
  readonly names: ReadonlyMap<string, { readonly name: string; readonly handle: string }>;
}

const networks: Readonly<Record<Network, string>> = { x: "X", facebook: "Facebook" };
const agents = new Map(cast.agents.map(({ id, name }) => [id, name]));

const customerOf = (talk: Talk, names: Around["names"]): { readonly name: string; readonly handle: string } => {
  const known = talk.conversation.personas.flatMap(({ id }) => names.get(id) ?? []);
  return known[0] ?? { name: "Somebody", handle: "" };
};

const waitingOf = ({ conversation: talk, key }: Talk, { pending }: Around): Waiting => {
  const by = pending.get(key)?.answerBy;
  const over = talk.case.stage === "closed" || talk.disposition !== "case";
  return {
    for: over ? "nobody" : talk.awaiting,
    since: talk.awaitingSince,
    ...(by === undefined ? {} : { by }),
  };
};

type Effect = Talk["effects"][number];

/** The acts that are to bring these words onto the feed or into the thread. */
const actsOf = ({ effects }: Talk, entry: string): readonly Effect[] =>
  effects.filter(({ effect }) => !effect.door.startsWith("crm/") && effect.content?.entry === entry);

/** Why an act has not ended yet, where there is a reason. */
const lateness = ({ outcome, state }: Effect): string | undefined => {
  if (outcome?.as === "again") return explainWhy(outcome.why);
  return state === "unknown"
    ? "it may have gone out: the network is looked at before anything is sent again"
    : undefined;
};

const whoOf = ({ kind }: Talk["entries"][number]["by"]): Entry["who"] => {
  if (kind === "customer") return "customer";
  if (kind === "automation") return "machine";
  return kind === "agent" || kind === "brand" || kind === "employee" ? "agent" : "other";
};

const standing = (talk: Talk, entry: Talk["entries"][number]): Pick<Entry, "state" | "note"> => {
  if (entry.text === null) return { state: "gone", note: "taken back: the words are kept no more" };
  if (entry.state === "withdrawn") {
    const refused = actsOf(talk, entry.key).flatMap(({ outcome }) =>
      outcome?.as === "refused" ? [explainWhy(outcome.why)] : [],
    )[0];
    return { state: "taken-back", note: refused ?? "did not leave" };
  }
  if (entry.state === "gone") return { state: "gone", note: "has left the feed" };
  if (entry.state === "in-doubt") return { state: "parked", note: "may have gone out: somebody has to look" };
  if (entry.state === "said") return { state: "said" };
  if (talk.drafts.some((draft) => draft.entry === entry.key)) return { state: "held", note: "held, see below" };
  const acts = actsOf(talk, entry.key);
  if (acts.some(({ state }) => state === "parked")) return { state: "parked", note: "waits for a person, see below" };
  const late = acts.flatMap((act) => lateness(act) ?? []).at(-1);
  return { state: "going", note: late ?? "on its way" };
};

const entriesOf = (talk: Talk, customer: string): readonly Entry[] =>
  talk.entries.map((entry) => {
    const who = whoOf(entry.by);
    const name =
      who === "customer"
        ? customer
        : who === "machine"
          ? "The machine"
          : (agents.get(entry.by.id ?? "") ?? (who === "agent" ? "The brand, by hand" : "Somebody else"));
    const { key, side: door, text, at } = entry;
    return { key, door, who, name, text, at, ...standing(talk, entry) };
  });

const kinds: Readonly<Record<string, string>> = {
  email: "e-mail address",
  phone: "telephone number",
  card: "card number",
  iban: "account number",
  "told-in-private": "told in private",
};

const draftsOf = (held: readonly HeldDraft[]): readonly Held[] =>
  held.map(({ draft, entry }) => ({
    draft: draft.entry,
    version: entry.version,
    door: draft.side,
    by: agents.get(draft.by.id ?? "") ?? "Somebody",
    text: entry.text ?? "",
    because: draft.holds.map(({ why, by }) =>
      by === undefined ? explainWhy(why) : `${explainWhy(why)} (${by.map((id) => agents.get(id) ?? id).join(" or ")})`,
    ),
    trouble: draft.holds
      .flatMap(({ trouble = [] }) => trouble)
      .map(({ kind, from, to }) => ({ from, to, kind: kinds[kind] ?? kind })),
    releasable: draft.holds.every(({ kind }) => kind === "stale" || kind === "claimed" || kind === "approval"),
  }));

const does: Readonly<Record<string, string>> = {
  reply: "public answer",
  privateReply: "private answer to the post",
  message: "private message",
  hide: "hiding of a post",
  look: "look at what the network allows",
  open: "opening of the case",
  entry: "entry on the case",
  state: "state of the case",
  answerState: "state of an answer",
};

const parkedOf = ({ effects }: Talk): readonly Parked[] =>
  effects
    .filter(({ state }) => state === "parked")
    .map(({ effect, outcome, entry }) => ({
      effect: effect.key,
      what: does[effect.act.do] ?? effect.act.do,
      because: outcome !== undefined && "why" in outcome ? explainWhy(outcome.why) : "it waits for a person",
      doubt: outcome?.as === "parked" && outcome.doubt,
      ...(typeof entry?.text === "string" ? { text: entry.text } : {}),
    }));

/** Acts on the CRM that fail for now: of acts on the network their entries tell. */
const lateOf = ({ effects }: Talk): readonly string[] => {
  const late = effects.filter(({ effect, state, outcome }) => {
    const open = state === "promised" || state === "sending" || state === "unknown";
    return open && effect.door.startsWith("crm/") && outcome?.as === "again";
  });
  return [
    ...new Set(
      late.map(({ effect, outcome }) => {
        const why = outcome?.as === "again" ? explainWhy(outcome.why) : "";
        return `${does[effect.act.do] ?? effect.act.do}: ${why}`;
      }),
    ),
  ];
};

const stepLine = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) {2}([^:]+(?:: "[^"]*")?)(?:: ([\s\S]*))?$/;

/** The trail as `explain` tells it, line by line. */
const trailOf = (told: string): readonly Step[] =>
  told.split("\n").flatMap((line) => {
    const [, day, hour, what, why] = stepLine.exec(line) ?? [];
    return day === undefined || what === undefined
      ? []
      : [{ at: Date.parse(`${day}T${hour ?? ""}Z`), what, why: why ?? "" }];
  });

/** What stands open, in words. */
export const waysOf = async (bridge: Bridge, conversation: Talk["key"], text: string): Promise<readonly Way[]> =>
  (await bridge.ways({ conversation, text })).map(({ side, open, why, until, offers, usd, length, parts }) => ({
    door: side,
    open,
    // Private words wait until there is a way to her. What is closed in public, and by no pause, does not open again.
    waits: side === "private" || why.code === "paused",
    why: explainWhy(why),
    parts,
    used: length?.used ?? text.length,
    most: length?.most ?? 0,
    ...(until === undefined ? {} : { until }),
    ...(offers === undefined ? {} : { offers }),
    ...(usd === undefined ? {} : { usd }),
  }));

/** A case in a line. */
const lineOf = (talk: Talk, around: Around): CaseLine => {
  const { number } = talk.case;
  const parked = talk.effects.filter(({ state }) => state === "parked").length;
  return {
    key: talk.key,
    network: talk.account.channel === "facebook" ? "facebook" : "x",
    customer: customerOf(talk, around.names).name,
    ...(number === undefined ? {} : { number }),
    stage: talk.stage,
    waiting: waitingOf(talk, around),
    held: talk.drafts.length + parked,
    urgent: talk.conversation.priority < 50,
    begun: talk.entries[0]?.at ?? talk.conversation.awaitingSince,
  };
};

/** Whom this one's customer may be: links are passed on, and an agent knows better. */
const claimedOf = async (bridge: Bridge, talk: Talk, around: Around): Promise<Pick<CaseView, "claims">> => {
  const { claims } = talk.conversation;
  const other = claims && (await bridge.conversation({ conversation: claims.conversation }));
  if (other === undefined) return {};
  const { customer, number } = lineOf(other, around);
  return { claims: number === undefined ? { customer } : { customer, number } };
};

/** A case as an agent sees it. */
export const viewOf = async (bridge: Bridge, talk: Talk, around: Around): Promise<CaseView> => {
  const line = lineOf(talk, around);
  const { department, assignee } = talk.conversation;
  const { status, stage } = talk.case;
  return {
    ...line,
    account: cast.brands[line.network],
    networkName: networks[line.network],
    handle: customerOf(talk, around.names).handle,
    ...(department === undefined ? {} : { department: department.name }),
    ...(assignee === undefined ? {} : { assignee }),
    ...(status === undefined ? {} : { status }),
    closed: stage === "closed",
    ...(await claimedOf(bridge, talk, around)),
    entries: entriesOf(talk, line.customer),
    drafts: draftsOf(around.held.get(talk.key) ?? []),
    parked: parkedOf(talk),
    ways: await waysOf(bridge, talk.key, ""),
    late: lateOf(talk),
    trail: trailOf(bridge.explain(talk)),
  };
};
