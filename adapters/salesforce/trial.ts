import { type CrmTask, keyOf, type PersonaRef } from "casethread/adapter";
import { compositeAnswer, type Fate, fatesOf } from "./fates.ts";
import { fromThrown, orgErrors, redact } from "./faults.ts";
import { name as adapter } from "./keys.ts";
import { get, type Ground, rows } from "./looks.ts";
import { compose, kinds, lanesOf, numbersQuery } from "./plan.ts";
import { channelName, type Kind } from "./records.ts";
import { queryPath } from "./soql.ts";

/** A first word of somebody made up, on every network. */
const madeUp = (channel: string, now: number): readonly CrmTask[] => {
  const account = { channel, id: "casethread-inspect" };
  const persona: PersonaRef = { account, space: "user", id: "nobody" };
  const cause = keyOf.event(channel, "casethread-inspect", crypto.randomUUID());
  const conversation = cause as unknown as CrmTask["effect"]["conversation"];
  const entry = {
    key: cause as unknown as NonNullable<CrmTask["entry"]>["key"],
    conversation,
    side: "public",
    by: { kind: "customer", persona },
    state: "said",
    content: { entry: cause as never, version: 1, of: persona },
    text: "This is a trial of the bridge. It is taken back at once.",
    at: now,
    version: 1,
  } as const;
  const effect = {
    conversation,
    door: `crm/${adapter}`,
    by: { kind: "automation" },
    cause,
    at: now,
    turn: 1,
    revision: 1,
    priority: 50,
  } as const;
  const fieldsShown = {
    awaiting: "us",
    awaitingSince: now,
    postUrl: "https://example.com/trial",
    topic: "trial",
    claims: "trial",
  } as const;
  const task = {
    attempt: 1,
    entry,
    persona: { ref: persona, profile: { handle: "nobody", name: "Nobody" }, roles: [] },
  };
  return [
    {
      ...task,
      effect: {
        ...effect,
        key: keyOf.effect(cause, "open"),
        act: { do: "open", persona, saidAt: now, fields: fieldsShown },
      },
    },
    { ...task, effect: { ...effect, key: keyOf.effect(cause, "entry"), act: { do: "entry" } } },
  ];
};

const labels: Readonly<Record<Kind, string>> = {
  persona: "Social Persona",
  leave: "Case",
  adopt: "Case",
  create: "Case",
  case: "Case",
  conversation: "Social Conversation",
  entry: "Social Message",
  answer: "Social Message",
  comment: "Case Comment",
  recomment: "Case Comment",
};

const sentenceOf = (network: string, kind: Kind, fate: Fate): readonly string[] => {
  if (fate.as !== "failed") return [];
  const { code, message, fields: named = [] } = fate.error;
  const where = named.length === 0 ? "" : ` (${named.join(", ")})`;
  return [
    `tried: a new ${labels[kind]} from ${channelName(network)} would be refused: ${code}: ${redact(message)}${where}`,
  ];
};

/** Writes all that a first word comes to, and a last step that must fail, so that the org takes everything back. */
export const attempt = async (ground: Ground, network: string): Promise<void> => {
  const { client, settings, kit, obstacles } = ground;
  const tasks = madeUp(network, kit.now());
  const key = tasks[0]?.effect.conversation ?? "";
  const composed = compose(lanesOf(tasks.map((task, index) => ({ index, task, comments: new Map() }))), settings);
  const { compositeRequest: parts, ...rest } = composed.body as {
    readonly compositeRequest: readonly { readonly referenceId: string }[];
  };
  const root = `/services/data/v${settings.version}`;
  // No record has this id, in any org.
  const undo = {
    method: "PATCH",
    url: `${root}/sobjects/Case/500000000000000AAA`,
    referenceId: "undo",
    body: { Subject: "taken back" },
  };
  const body = { ...rest, compositeRequest: [...parts.filter(({ referenceId }) => referenceId !== "numbers"), undo] };
  try {
    const answer = await client.write({ method: "POST", path: `${root}/composite`, body }, compositeAnswer, kit);
    const fates = fatesOf(composed, answer);
    const said = kinds.flatMap((kind) =>
      composed.records[kind].flatMap((one) => sentenceOf(network, kind, fates.get(one) ?? { as: "bystander" })),
    );
    const errors = answer.compositeResponse.flatMap((part) =>
      part.referenceId === "undo" ? [] : orgErrors(part.body),
    );
    const whole = errors.filter(
      ({ code }) => code !== "PROCESSING_HALTED" && code !== "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    );
    obstacles.push(
      ...said,
      ...(said.length > 0
        ? []
        : whole.map(({ code, message }) => `tried: the org would refuse it: ${code}: ${redact(message)}`)),
    );
  } catch (thrown) {
    obstacles.push(`tried: the org would refuse it as a whole: ${fromThrown(thrown, kit.now()).message}`);
  }
  try {
    const left = await get(ground, queryPath(numbersQuery([key], settings)), rows);
    if (left.records.length > 0) obstacles.push(`the trial was not taken back: delete the case with the key ${key}`);
  } catch {
    // Without the key's field, which was said above, nothing can have been written.
  }
};
