import type { Act } from "../../words/effect.ts";
import type { Draft, Entry, Hold } from "../../words/entry.ts";
import type { Answered } from "../../words/event.ts";
import { clue, door, keyOf, type Side, type Why } from "../../words/ref.ts";
import { planMove, type Planned, type Rung } from "../move.ts";
import { dressed } from "../template.ts";
import { partsFor } from "./parts.ts";
import type { Plan } from "./plan.ts";

type Spoken = NonNullable<Draft["act"]>;

/** Where words go, or why nowhere. */
export type Address = { readonly act: Spoken } | { readonly hold: Hold } | { readonly refused: Why };

/** What a move is planned of, in this decision. */
const plannedOf = (plan: Plan, about: Pick<Planned, "withFile" | "words"> & { readonly text?: string }): Planned => {
  const { talk, scene } = plan;
  const { withFile, words, text = "" } = about;
  const { cost } = scene;
  return {
    talk,
    can: scene.can(talk.account),
    rules: scene.rules,
    now: scene.now,
    personas: talk.personas.flatMap((ref) => plan.persona(ref) ?? []),
    queue: scene.known.queue,
    mass: scene.known.mass ?? false,
    token: () => scene.known.token,
    withFile,
    words,
    parts: partsFor(plan, "private", text),
    ...(cost === undefined ? {} : { cost: (act) => cost(talk.account, act, text) }),
  };
};

/** Which invite an act carries, by whichever way. */
export const tokenOf = (act: Act | undefined): string | undefined =>
  act?.do === "reply" ? (act.invite ?? act.door?.token) : undefined;

/** A reply that offers a way into private, the first of the ladder; undefined: there is none to offer now. */
export const invitation = (plan: Plan, act: Extract<Spoken, { do: "reply" }>): { readonly act: Spoken } | undefined => {
  const offered = bestReply(plan, act, plannedOf(plan, { withFile: false, words: "automatic" }));
  return tokenOf(offered) === undefined ? undefined : { act: offered };
};

/** A public answer as the ladder has it: with the invite, with another door, or bare. */
const bestReply = (plan: Plan, act: Extract<Spoken, { do: "reply" }>, of: Planned): Spoken => {
  const move = planMove(of, "public");
  const [step] = move.steps;
  const full = move.passed.find(({ why }) => why.code === "private-queue-is-full" || why.code === "mass-arrival");
  if (full !== undefined) plan.because("invite-held", { because: full.why.code, ...full.why.params });
  if (step?.rung === "reply-with-invite" && step.act?.do === "reply" && step.act.invite !== undefined) {
    return { ...act, invite: step.act.invite };
  }
  if (step?.rung === "reply-with-door" && step.door !== undefined) {
    plan.because(step.why.code, step.why.params);
    return { ...act, door: { name: step.door, token: of.token() } };
  }
  return act;
};

/** Where an agent's public words go. */
export const publicly = (plan: Plan, answer: Answered, before: Entry | undefined): Address => {
  const { talk, scene } = plan;
  const can = scene.can(talk.account);
  const chosen = answer.answers === undefined ? undefined : plan.entry(answer.answers);
  // Words for one customer must not go under the post of another.
  if (answer.answers !== undefined && (chosen?.conversation !== talk.key || chosen.post === undefined)) {
    return { refused: { code: "answers-no-post-of-this-conversation" } };
  }
  const under = chosen?.post ?? talk.public?.latest;
  if (under === undefined) return { refused: { code: "no-public-post" } };
  if (can.reply === false) return { refused: { code: "channel-cannot-reply" } };
  if (chosen === undefined && talk.public?.overheard === true) return { refused: { code: "overheard" } };
  if (can.reply.summonedOnly && talk.public?.summoned !== true) return { refused: { code: "not-summoned" } };
  const [to] = talk.personas;
  const act = { do: "reply", under, ...(to === undefined ? {} : { to }) } as const;
  if (answer.by.kind === "automation") return { act };
  // A new version takes the place of the one that carries it, and carries it on.
  const { invite } = talk;
  if (invite?.stage === "promised" && before?.state === "draft") {
    const [name] = /^door:(.*)$/.exec(invite.rung)?.slice(1) ?? [];
    return {
      act: name === undefined ? { ...act, invite: invite.token } : { ...act, door: { name, token: invite.token } },
    };
  }
  return { act: bestReply(plan, act, plannedOf(plan, { withFile: false, words: "person", text: answer.text })) };
};

/** What says more than that she has not written. */
const telling: ReadonlySet<string> = new Set(["came-through-another-door", "too-long-for-one-private-answer"]);

/**
 * The ladder of private words: where she spoke last, then the other way. What stands on no rung waits for her, and is a task
 * for a person. `tried`: rungs that the network has just refused.
 */
export const privately = (
  plan: Plan,
  about: {
    readonly withFile: boolean;
    readonly words: Draft["words"];
    readonly text: string;
    readonly tried?: readonly Rung[];
  },
): Address => {
  const { talk } = plan;
  const { steps, passed } = planMove(plannedOf(plan, about), "private");
  const step = steps.find(({ rung }) => about.tried?.includes(rung) !== true);
  if (step?.looks === true) return { hold: { kind: "looking", why: { code: "asking-what-the-network-allows" } } };
  if (step?.act !== undefined) return { act: step.act };
  const known = passed.find(({ why }) => telling.has(why.code))?.why;
  const code = talk.private?.heardAt === undefined ? "customer-has-not-written-privately" : "private-window-closed";
  return { hold: { kind: "no-private-side", why: known ?? { code } } };
};

/** Asks what the network allows for her newest post, unless that is being asked already. */
export const askOpenings = (plan: Plan): void => {
  const { talk, scene } = plan;
  const [persona] = talk.personas;
  const { event, known } = scene;
  const answered = event.as === "settled" && event.effect.act.do === "look";
  const asking = !answered && known.drafts.some((draft) => draft.holds.some((hold) => hold.kind === "looking"));
  if (asking || talk.public === undefined || persona === undefined) return;
  plan.promise({
    key: keyOf.effect(event.key, "look"),
    door: door.of(talk.account, "public"),
    act: { do: "look", post: talk.public.latest, persona },
  });
};

/** Do these words fit into one post or message, counted the network's way? */
export const fitsIn =
  (plan: Plan, side: Side = "public") =>
  (text: string): boolean =>
    partsFor(plan, side, text) === 1;

/** The address of a draft as it leaves, and its words with the link of a door: another answer may have carried an invite while this one waited. */
export const carrying = (plan: Plan, act: Spoken, text: string): { readonly act: Spoken; readonly text: string } => {
  const token = tokenOf(act);
  if (act.do !== "reply" || token === undefined) return { act, text };
  const { invite: _, door: through, ...bare } = act;
  const { talk, scene } = plan;
  const [to] = talk.personas;
  if (to === undefined) return { act: bare, text };
  const link = ((): string | undefined => {
    const own = scene.rules.doors.find(({ name }) => name === through?.name);
    return own && plan.ask("doors.url", () => own.url(token));
  })();
  if (through !== undefined && link === undefined) return { act: bare, text };
  const worded = dressed(text, { behind: link }, fitsIn(plan));
  if (talk.invite !== undefined && talk.invite.stage !== "refused") {
    return talk.invite.token === token ? { act, text: worded } : { act: bare, text };
  }
  plan.clue(clue.token(token));
  plan.update({
    invite: {
      token,
      to,
      stage: "promised",
      rung: through === undefined ? "public-reply" : `door:${through.name}`,
      at: { promised: scene.now },
    },
  });
  plan.because("invite-carried");
  return { act, text: worded };
};

/** Words that were to carry the invite do not go out: the next public answer may carry one. */
export const dropInvite = (plan: Plan, act: Draft["act"]): void => {
  const { invite } = plan.talk;
  if (act?.do !== "reply" || invite?.stage !== "promised" || tokenOf(act) !== invite.token) return;
  plan.update({ invite: { ...invite, stage: "refused" } });
};
