import { lacking } from "./core/contracts/given.ts";
import type { Talk } from "./engine/talk.ts";
import type { Bridge } from "./face.ts";
import {
  type Fields,
  type Having,
  kind,
  listOf,
  maybe,
  members,
  neededIn,
  numberOf,
  type Of,
  oneOf,
  type Shape,
  textOf,
  what,
} from "./shapes.ts";

const text = textOf("a text");
const yes = kind<boolean>("true or false", (value) => typeof value === "boolean");
const instant = numberOf("a moment in ms since 1970");
const entry = textOf("an entry's key");
const conversation = textOf("a conversation's key");
const effect = textOf("an effect's key, as bridge.parked() lists them");
const side = oneOf("public", "private");
// Of other things only what the engine needs of them: their classes may be others'.
const signal = kind<AbortSignal>("an AbortSignal", (value) => {
  const { aborted, addEventListener } = members(value);
  return typeof aborted === "boolean" && typeof addEventListener === "function";
});
const request = kind<Request>("a Request, as toNode(bridge.fetch) of casethread/node makes one", (value) => {
  const { url, headers } = members(value);
  return typeof url === "string" && typeof members(headers)["get"] === "function";
});
const found = kind<Talk>("what bridge.conversation() found", (value) => {
  const { case: of, conversation: talk, trail, drafts } = members(value);
  return typeof of === "object" && typeof talk === "object" && Array.isArray(trail) && Array.isArray(drafts);
});
const until = kind<number | "for-good" | null>(
  'a moment in ms since 1970, "for-good" or null',
  (value) => value === null || value === "for-good" || instant(value).length === 0,
);
const link = kind<string | URL>(
  "a link, as a text or a URL",
  (value) => typeof value === "string" || value instanceof URL,
);

const account = what({ channel: text, id: text });
const place = what({ account, id: text });
const persona = what({ account, space: text, id: text });
const caseOf = what({ crm: text, id: text, number: maybe(text) });
const media = what({
  kind: text,
  url: text,
  type: maybe(text),
  bytes: maybe(numberOf("a number of bytes")),
});
const by = maybe(
  what({
    kind: oneOf("customer", "employee", "brand", "agent", "automation", "other"),
    id: maybe(text),
    persona: maybe(persona),
    onBehalfOf: maybe(text),
  }),
);
const byKey = { key: text, by };

const ends = {
  conversation: maybe(conversation),
  post: maybe(place),
  thread: maybe(place),
  case: maybe(caseOf),
  persona: maybe(persona),
  url: maybe(link),
};
/** Which conversation, by its ends or by others; and what is wanted besides. */
const at = <F extends Fields>(
  fields: F,
  others: readonly (keyof F & string)[] = [],
): Shape<Having<Omit<typeof ends, keyof F> & F>> => {
  const all = [...Object.keys(ends), ...others];
  const which = `one of ${all.join(", ")}`;
  const needed = neededIn(fields).map((name) => `${name}, `);
  const shape = what(
    { ...ends, ...fields },
    `an object with ${needed.join("")}${needed.length > 0 ? "and " : ""}${which}`,
  );
  return (value) => {
    const lacks = shape(value);
    const lost = lacks.every(({ path }) => path.length > 0) && all.every((end) => members(value)[end] === undefined);
    return lost ? [...lacks, { path: [], message: `say which conversation: give ${which}` }] : lacks;
  };
};
const deed = <F extends Fields>(fields: F) => at({ ...byKey, ...fields });
const many = at({ ...byKey, all: maybe(listOf("a list of conversations", at({}))) }, ["all"]);
const draft = what({ ...byKey, draft: textOf("a draft's entry, as bridge.held() lists them") });

/** Verbs that take something. */
type Verb = { [V in keyof Bridge & string]: Parameters<Bridge[V]> extends readonly [] ? never : V }[keyof Bridge &
  string];

/** What each verb takes, argument by argument. What else is given is passed over, as it always was. */
const takes = {
  fetch: [request],
  work: [
    maybe(
      what({ signal: maybe(signal), until: maybe(oneOf("idle")), forMs: maybe(numberOf("a number of milliseconds")) }),
    ),
  ],
  settled: [maybe(what({ signal: maybe(signal) }))],
  conversation: [at({})],
  explain: [found],
  ways: [at({ text: maybe(text) })],
  answer: [
    deed({
      text,
      media: maybe(listOf("a list of files", media)),
      side: maybe(side),
      answers: maybe(entry),
      version: maybe(numberOf("a number")),
    }),
  ],
  assign: [deed({ to: text })],
  route: [deed({ to: text })],
  open: [many],
  ignore: [many],
  mute: [what({ ...byKey, persona, until: maybe(until) })],
  claim: [deed({ claim: maybe(yes) })],
  redeem: [what({ key: text, token: text, text, who: maybe(text), vouched: maybe(yes) })],
  resolve: [deed({})],
  merge: [deed({ with: at({}) })],
  unmerge: [deed({ from: conversation })],
  split: [deed({ from: entry })],
  confirm: [deed({})],
  part: [deed({ persona })],
  hide: [deed({ which: maybe(place), hidden: maybe(yes), because: maybe(oneOf("handling", "abuse")) })],
  like: [deed({ which: maybe(place) })],
  retract: [deed({ entry })],
  control: [deed({ take: yes })],
  release: [draft],
  withdraw: [draft],
  adopt: [what({ ...byKey, case: caseOf, post: place, persona })],
  erase: [what({ ...byKey, persona })],
  preserve: [deed({ hold: text, lift: maybe(yes) })],
  pause: [
    what({
      account: maybe(account),
      side: maybe(side),
      words: maybe(oneOf("person", "automatic")),
      reason: text,
      by,
    }),
  ],
  resume: [textOf("a pause's id, as bridge.health() lists them")],
  retry: [effect],
  drop: [effect],
  landed: [
    effect,
    maybe(
      what({
        at: maybe(instant),
        post: maybe(place),
        thread: maybe(place),
        case: maybe(caseOf),
        url: maybe(text),
        message: maybe(text),
        learned: maybe(persona),
        openings: maybe(what({ reply: yes, privateReply: yes, message: yes })),
        proof: maybe(text),
      }),
    ),
  ],
  dismiss: [textOf("an item's id, as bridge.unread() lists them")],
  check: [maybe(what({ at: maybe(text) }))],
  setup: [textOf("an adapter's name"), maybe(what({ at: maybe(text), production: maybe(yes) }))],
  backfill: [what({ from: instant, account: maybe(account), watch: maybe(yes) })],
  ledger: [
    maybe(
      what({
        after: maybe(textOf("the position of a row, which is a text")),
        limit: maybe(kind<number>("a number of rows", Number.isFinite)),
        kinds: maybe(listOf("a list of kinds", text)),
      }),
    ),
  ],
} satisfies { readonly [V in Verb]: readonly [Shape<never>] | readonly [Shape<never>, Shape<never>] };

type Takes = typeof takes;
type Taken<S> = { [At in keyof S]: Of<S[At]> };
type NamesIn<T> = T extends string ? never : keyof T;
/** What the face says and the table does not: a verb that takes more there, or a name that is forgotten here. */
type Drift = {
  [V in Verb]: Required<Parameters<Bridge[V]>> extends Taken<Takes[V]>
    ? Exclude<NamesIn<Required<Parameters<Bridge[V]>>[number]>, NamesIn<Taken<Takes[V]>[number]>>
    : V;
}[Verb];
const faithful: [Drift] extends [never] ? Takes : Drift = takes;

/**
 * The same bridge, each of whose verbs says what is missing or is of another kind before it begins: not everybody has a
 * type checker.
 */
export const checkVerbs = (bridge: Bridge): Bridge => ({
  ...bridge,
  ...Object.fromEntries(
    Object.entries<readonly Shape<never>[]>(faithful).map(([verb, shapes]) => [
      verb,
      (...given: readonly unknown[]): unknown => {
        const lacks = shapes.flatMap((shape, n) => shape(given[n]));
        if (lacks.length === 0) return Reflect.apply(Reflect.get(bridge, verb), bridge, given);
        const refusal = lacking("bridge", verb, lacks);
        if (verb === "explain") throw refusal;
        return Promise.reject(refusal);
      },
    ]),
  ),
});
