import type { Json } from "casethread";
import type { Ending } from "./play.ts";
import { mostLeases, type Request } from "./seen.ts";
import type { Customer } from "./network.ts";
import type { Written } from "./town.ts";
import { beyond } from "./world.ts";

/** What must never happen, by name. */
export const laws = [
  "said once",
  "asked once",
  "it goes to whom it is for",
  "everything ends",
  "nothing spins",
  "parked only with a cause",
  "what shows is found",
  "a receipt is kept",
  "what was parked is settled",
  "entered once",
  "one case",
  "counted once",
  "the case is known",
  "the agent is told",
  "silence holds",
  "private stays private",
  "the machine speaks once",
  "three a day",
  "in order",
  "the newest stands",
  "what changed is known",
  "who meets is run again",
  "the ledger is read whole",
] as const;
export type Law = (typeof laws)[number];

/** One law that a world broke, and how. */
export interface Broken {
  readonly law: Law;
  readonly how: string;
}

/** An agent's answer, through all that it was changed to, and what the network saw of it. */
interface Answer {
  readonly record: string;
  readonly matter: number;
  readonly side: "public" | "private";
  readonly marks: readonly string[];
  readonly leaks: boolean;
  readonly requests: readonly Request[];
  /** How often it stands on the network, or stood there. */
  readonly stands: number;
  /** How often it still does: what was said under a post goes with it. */
  readonly left: number;
}

const dayMs = 24 * 60 * 60_000;
const closingWord = /Glad we could sort it out, (\w+)\. \((\d+)\)/;
const at = (row: unknown, ...path: readonly string[]): Json | undefined =>
  path.reduce<Json | undefined>(
    (value, key) =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? (value as Readonly<Record<string, Json>>)[key]
        : undefined,
    row as Json,
  );

const named = (value: Json | undefined): string => (typeof value === "string" ? value : JSON.stringify(value));

/** Networks number what stands on them; what else is in an id says where. */
const numberOf = (one: { readonly id: string } | undefined): bigint => BigInt(/\d+$/.exec(one?.id ?? "")?.[0] ?? 0);

const answersOf = ({ town, notes, shown: net }: Ending): readonly Answer[] => {
  const shown = [...net.posts, ...net.dms].filter(({ viaApi }) => viaApi);
  const byRecord = Map.groupBy(
    town.written.filter((one): one is Written & { readonly record: string } => one.record !== undefined),
    ({ record }) => record,
  );
  return [...byRecord].map(([record, versions]) => {
    const marks = versions.map(({ mark }) => mark);
    const has = ({ text }: { readonly text: string }): boolean => marks.some((mark) => text.includes(mark));
    return {
      record,
      matter: versions[0]?.matter ?? 0,
      side: versions[0]?.side ?? "public",
      marks,
      leaks: versions.some(({ leaks }) => leaks === true),
      requests: notes.requests.filter(has),
      stands: shown.filter(has).length,
      left: shown.filter((one) => has(one) && !("gone" in one && one.gone)).length,
    };
  });
};

/** Closing words that were asked for, by whom they were for and which they were. */
const closingsOf = ({ notes, shown: net }: Ending): ReadonlyMap<string, { requests: Request[]; stands: number }> => {
  const found = new Map<string, { requests: Request[]; stands: number }>();
  for (const request of notes.requests) {
    const word = closingWord.exec(request.text)?.[0];
    if (word === undefined) continue;
    const known = found.get(word) ?? {
      requests: [],
      stands: net.posts.filter(({ text }) => text.includes(word)).length,
    };
    known.requests.push(request);
    found.set(word, known);
  }
  return found;
};

/** What a person sees who was there and looks at what is left. */
export const judge = (ending: Ending): readonly Broken[] => {
  const broken: Broken[] = [];
  const { world, notes, town, shown: net, org, ledger, talks, parked } = ending;
  const law = (name: Law, kept: boolean, how: () => string): void => {
    if (!kept) broken.push({ law: name, how: how() });
  };
  const answers = answersOf(ending);
  const closings = closingsOf(ending);
  const within = world.bounds === "within";
  const events = ledger.filter(({ kind }) => kind === "event");
  const ends = events.filter(({ row }) => at(row, "as") === "settled");
  const parkings = ends.filter(({ row }) => at(row, "outcome", "as") === "parked");
  const effectOf = (record: string): string => `salesforce/entry/${record}/answer`;
  const wasParked = (effect: string): boolean => parkings.some(({ row }) => at(row, "effect") === effect);

  const said = (name: string, requests: readonly Request[], stands: number): void => {
    // What a network does once may be asked again.
    const words = requests.filter(({ once }) => once !== true);
    const twice = words.filter(({ again }) => again).length;
    law(
      "said once",
      stands <= 1 && twice === 0,
      () => `${name} stands ${stands} times and was asked for ${twice} times more`,
    );
    // Within the bounds what was not seen is repeated: an operator's choice that rests on the network's word.
    const blind = within ? 0 : words.slice(0, -1).filter(({ refused }) => !refused).length;
    law("asked once", blind === 0, () => `${name} was asked for ${requests.length} times, ${blind} of them unanswered`);
  };
  for (const answer of answers) said(answer.marks.join(), answer.requests, answer.stands);
  for (const [word, { requests, stands }] of closings) said(word, requests, stands);

  const addressed = (name: string, requests: readonly Request[], customer: Customer | undefined): void => {
    const hers = new Set(net.posts.flatMap(({ id, by }) => (by === customer?.id ? [id] : [])));
    const astray = requests.find(({ side, to }) => !hers.has(to) && (side === "public" || to !== customer?.id));
    law(
      "it goes to whom it is for",
      astray === undefined,
      () => `${name} is for ${customer?.name} and was sent to ${astray?.side} ${astray?.to}`,
    );
  };
  for (const { marks, matter, requests } of answers) addressed(marks.join(), requests, town.customers[matter]);
  for (const [word, { requests }] of closings)
    addressed(
      word,
      requests,
      town.customers.find(({ name }) => name === closingWord.exec(word)?.[1]),
    );

  law(
    "everything ends",
    ending.rested && ending.open === 0 && ending.unread === 0 && ending.unarmed === 0,
    () =>
      `rested: ${ending.rested}, ${ending.open} acts have no end, ${ending.unread} events were not understood, ${ending.unarmed} lanes had lost their alarm`,
  );

  for (const [effect, times] of notes.leased)
    law("nothing spins", times <= mostLeases, () => `${effect} was taken in hand ${times} times`);

  if (within) {
    // What a network does once is done again without proof: where it refuses that for another reason, a person looks.
    const uncaused = parkings.filter(
      ({ row }) => at(row, "do") !== "privateReply" || at(row, "outcome", "why", "params", "because") === undefined,
    );
    law("parked only with a cause", uncaused.length === 0, () =>
      uncaused.map(({ row }) => `${named(at(row, "effect"))}: ${JSON.stringify(at(row, "outcome", "why"))}`).join("; "),
    );
  }
  for (const { effect, entry, why, sent } of parked) {
    const marks = answers.find(({ record }) => effect.key === effectOf(record))?.marks ?? [];
    const word = closingWord.exec(entry?.text ?? "")?.[0];
    const its = [...marks, ...(word === undefined ? [] : [word])];
    const requests = notes.requests.filter(({ text }) => its.some((mark) => text.includes(mark)));
    const doubtful = requests.some(({ refused, answeredAt }) => !refused && answeredAt === undefined);
    const refused = requests.length > 1 && requests.at(-1)?.refused === true;
    // A process that died between its mark and the call leaves the same doubt, and no request: its blow, and nobody else's.
    const struck = notes.struck.has(effect.key) || requests.some(({ pinched }) => pinched);
    // What a database knows when it comes back from the past is in doubt, whether or not anybody had marked it.
    const forgotten = sent?.attempt === 0 && notes.tally["the database came back from the past"] > 0;
    const caused = why.code === "may-have-gone-out" && (refused || doubtful || struck || forgotten);
    law("parked only with a cause", caused, () => `${effect.key} is parked and nothing came between: ${why.code}`);
  }

  for (const { requests, record, marks } of answers) {
    const [request] = requests;
    const shown = [...net.posts, ...net.dms].find(
      ({ text, viaApi }) => viaApi && marks.some((mark) => text.includes(mark)),
    );
    const declared = within ? 0 : beyond.quietMs + beyond.reads.reduce((sum, one) => sum + one, 0);
    const inTime = shown !== undefined && request !== undefined && shown.shownAt < request.leftAt - 2_000 + declared;
    const looked = requests.length === 1 && inTime && !request.pinched;
    law(
      "what shows is found",
      !looked || !wasParked(effectOf(record)),
      () =>
        `${marks.join()} showed ${((shown?.shownAt ?? 0) - (request?.leftAt ?? 0)) / 1_000} s after it left and was parked`,
    );
    const answered = requests.find(({ answeredAt, killedAt, done }) => {
      const lived = killedAt === undefined || killedAt - (answeredAt ?? 0) > 600_000;
      return done && answeredAt !== undefined && lived;
    });
    const stillParked = parked.some(({ effect }) => effect.key === effectOf(record));
    law(
      "a receipt is kept",
      answered === undefined || !stillParked,
      () => `${marks.join()} was answered and is parked`,
    );
  }
  // The network's own telling comes in the end, where it tells the account of its own words or is asked what is new.
  const told = world.weather.echoes || world.weather.polls !== "never";
  for (const { record, left, marks } of answers)
    law(
      "what was parked is settled",
      !told || left === 0 || !parked.some(({ effect }) => effect.key === effectOf(record)),
      () => `${marks.join()} stands, which the network has told, and is still parked`,
    );

  const homes = new Map<number, Set<string | undefined>>();
  // A single delivery that is lost for good is made up for by no catch-up, if it told of a change.
  const lossless = world.weather.lostRate === 0 || world.weather.polls === "never";
  for (const { mark, matter, by, record, changed, edit } of town.written) {
    const entries = org.entries.filter(({ text }) => text?.includes(mark) === true);
    // Nobody ever heard of it, where neither deliveries nor polls tell the account of its own words.
    const unheard = by === "hand" && !world.weather.echoes && world.weather.polls === "never";
    const lost = edit === true && !lossless;
    // The network tells our words of the lost seconds before the CRM tells who wrote them.
    const twice = by !== "customer" && world.database?.failover !== undefined ? [2] : [];
    const due = [...(changed === true || unheard || lost ? [0, 1] : [1]), ...twice];
    law("entered once", due.includes(entries.length), () => `${mark} (${by}) is on cases ${entries.length} times`);
    if (record !== undefined) continue;
    const home = homes.get(matter) ?? new Set();
    for (const entry of entries) home.add(entry.case);
    homes.set(matter, home);
  }
  for (const [word, { stands }] of closings) {
    const entries = org.entries.filter(({ text }) => text?.includes(word) === true).length;
    // What waits for a person to look is said by nobody yet.
    const waits = parked.some(({ entry }) => entry?.text?.includes(word) === true);
    law(
      "entered once",
      entries === (waits ? 0 : Math.min(1, stands)),
      () => `"${word}" is on cases ${entries} times and stands ${stands} times`,
    );
  }
  for (const [matter, home] of homes) {
    law("one case", home.size === 1, () => `the words of ${town.customers[matter]?.name} are on ${home.size} cases`);
  }
  const cases = org.cases.filter(({ key }) => key !== undefined);
  law("one case", cases.length === homes.size, () => `${cases.length} cases for ${homes.size} customers`);

  const counted = Map.groupBy(events, ({ row }) => named(at(row, "event")));
  for (const [event, rows] of counted)
    law("counted once", rows.length === 1, () => `${event} counted ${rows.length} times`);
  // Words that others took the place of were withdrawn, and the newer ones go by the same name.
  const done = ends.filter(({ row }) => at(row, "outcome", "as") === "done");
  for (const [effect, rows] of Map.groupBy(done, ({ row }) => named(at(row, "effect"))))
    law("counted once", rows.length === 1, () => `${effect} was done ${rows.length} times`);

  for (const { conversation } of talks) {
    const own = cases.find(({ id }) => id === conversation.case.ref?.id);
    if (own === undefined) continue;
    law(
      "the case is known",
      (conversation.case.stage === "closed") === own.closed,
      () => `case ${own.number} is ${own.closed ? "closed" : "open"} and known as ${conversation.case.stage}`,
    );
    const shown = own.fields["Casethread_Awaiting__c"];
    law(
      "the newest stands",
      shown === conversation.awaiting,
      () => `case ${own.number} shows that ${named(shown)} is awaited, and it is ${conversation.awaiting}`,
    );
  }

  for (const { record, stands, left, marks } of answers) {
    const state = org.entries.find(({ id }) => id === record)?.state;
    const held = ending.held.some(({ entry }) => entry.key === `salesforce/entry/${record}`);
    const waits = parked.some(({ effect }) => effect.key === effectOf(record));
    const due = waits ? "failed" : stands > 0 ? "sent" : held ? "held" : "failed";
    // What went with the post it was said under may have been sent, or not be found any more.
    const lost = stands > 0 && left === 0 && (state === "sent" || state === "failed" || state === "gone");
    law("the agent is told", state === due || lost, () => `${marks.join()} is ${due}, and the case calls it ${state}`);
  }

  const customers = new Set(town.customers.map(({ id }) => id));
  const theirs = !lossless ? [] : net.posts.filter(({ by }) => customers.has(by));
  const entries = new Map(
    talks.flatMap((talk) =>
      talk.entries.flatMap((entry) => (entry.post === undefined ? [] : [[entry.post.id, entry]])),
    ),
  );
  for (const { id, text, gone = false } of theirs) {
    const entry = entries.get(id);
    if (entry === undefined) continue;
    const known = (entry.state === "gone") === gone && (gone || entry.text === text);
    law("what changed is known", known, () => `"${text}", gone: ${gone}, is known as "${entry.text}", ${entry.state}`);
  }

  for (const { from, until, side } of notes.silences) {
    const loud = notes.requests.filter(
      (one) => one.leftAt > from && one.leftAt < until && !one.pinched && (side === "both" || side === one.side),
    );
    law(
      "silence holds",
      loud.length === 0,
      () => `${loud.length} acts left after the silence had begun: ${loud[0]?.text}`,
    );
  }

  // A word of its own: an invite's token may hold any digits.
  const secret = /(?<![a-z\d])73\d{4}(?![a-z\d])/i;
  const leaked = notes.requests.filter(({ side, text }) => side === "public" && secret.test(text));
  law("private stays private", leaked.length === 0, () => `asked for in public: ${leaked[0]?.text}`);

  for (const customer of town.customers) {
    const words = net.posts
      .filter(({ text, viaApi }) => viaApi && closingWord.exec(text)?.[1] === customer.name)
      .sort((a, b) => a.at - b.at);
    const heard = [
      ...net.posts.filter(({ by }) => by === customer.id),
      ...net.dms.filter(({ by }) => by === customer.id),
    ].flatMap(({ at: saidAt, editedAt = saidAt }) => [saidAt, editedAt]);
    for (const [i, word] of words.entries()) {
      const before = words[i - 1];
      // Beyond the bounds a word may leave long after it was written, and she may have spoken meanwhile.
      if (before === undefined || !within) continue;
      const between = heard.some((moment) => moment > before.at - 60_000 && moment < word.at);
      law(
        "the machine speaks once",
        between,
        () => `${customer.name} heard two closing words and had said nothing between`,
      );
    }
    for (const { at: first } of words) {
      const inADay = words.filter(({ at: moment }) => moment >= first && moment < first + dayMs).length;
      law("three a day", inADay <= 3, () => `${customer.name} heard ${inADay} closing words in a day`);
    }
    const closes = town.closed.filter(({ matter }) => town.customers[matter] === customer).length;
    law(
      "the machine speaks once",
      words.length <= closes,
      () => `${words.length} closing words for ${closes} closings`,
    );
  }

  if (within && !world.troubles.some(({ as }) => as === "late-commit") && world.pauses.length === 0) {
    for (const [, lane] of Map.groupBy(answers, ({ matter, side }) => `${matter} ${side}`)) {
      const straight = lane.filter(({ marks, stands }) => marks.length === 1 && stands === 1);
      const order = straight.map(({ marks: [mark = ""] }) =>
        [...net.posts, ...net.dms].filter(({ viaApi }) => viaApi).find(({ text }) => text.includes(mark)),
      );
      const ordered = order.every((one, i) => i === 0 || numberOf(order[i - 1]) < numberOf(one));
      law("in order", ordered, () => `not in order: ${straight.map(({ marks }) => marks.join()).join(", ")}`);
    }
  }
  // Who waits for one that stands still, and then for another and another, may wait too long.
  const stands = [...(world.database?.faults ?? []), ...world.blows].filter(
    ({ as }) => as === "stand" || as === "stop",
  );
  const unmet = notes.met.filter((how) => stands.length <= 3 || !how.includes("others kept"));
  law("who meets is run again", unmet.length === 0, () => `${unmet.length} were told: ${unmet[0]}`);
  const { heard } = ending;
  if (heard !== undefined) {
    const read = new Map(heard.map(({ position }, place) => [position, place]));
    const missed = ledger.filter(({ position }) => !read.has(position));
    const places = ledger.flatMap(({ position }) => read.get(position) ?? []);
    const ordered = places.every((place, n) => n === 0 || (places[n - 1] ?? 0) < place);
    law(
      "the ledger is read whole",
      missed.length === 0 && ordered && read.size === heard.length,
      () =>
        `${missed.length} of ${ledger.length} rows were passed by, in order: ${ordered}, ${heard.length - read.size} read twice`,
    );
  }
  notes.tally.parked += parkings.length;
  notes.tally["words held for private facts"] += answers.filter(
    ({ leaks, requests }) => leaks && requests.length === 0,
  ).length;
  notes.tally["absent, then landed"] += absentThenLanded(ending);
  return broken;
};

/** Acts that a look did not see and that stood there in the end. */
const absentThenLanded = ({ talks, shown: net }: Ending): number =>
  talks
    .flatMap(({ effects }) => effects)
    .filter(({ state, sent, receipt }) => {
      const id = receipt?.post?.id ?? receipt?.message;
      return state === "done" && (sent?.reads ?? 0) > 0 && [...net.posts, ...net.dms].some((one) => one.id === id);
    }).length;
