import type { Entry } from "../../words/entry.ts";
import type { Said } from "../../words/event.ts";
import { type AccountRef, door, type EntryKey, keyOf, type Side } from "../../words/ref.ts";
import { type AutomaticKind, type Quietly, silence, spent } from "../automatic.ts";
import { backAt, isOpen, sayHour } from "../hours.ts";
import { greetingOf } from "../policy.ts";
import { byLanguage, dressed, type Templates, templateFor } from "../template.ts";
import { carrying, fitsIn, invitation } from "./address.ts";
import { answerKey } from "./parts.ts";
import { automation, type Plan } from "./plan.ts";

/** The key of what the machine says itself: of one kind, to one turn of the talk, once. */
export const automaticEntry = (account: AccountRef, kind: AutomaticKind, what: string): EntryKey =>
  keyOf.entry(account, kind, what);

/** What is known of this moment, for rules of silence. */
export const quietlyOf = ({ talk, scene, persona }: Plan): Quietly => ({
  rules: scene.rules,
  now: scene.now,
  can: scene.can(talk.account),
  personas: talk.personas.flatMap((ref) => persona(ref) ?? []),
  mass: scene.known.mass ?? false,
});

/** The words of a template for this customer, in her language and with what tells them from a person's. Undefined: none. */
export const wordsOf = (
  plan: Plan,
  kind: AutomaticKind | "exposed",
  templates: Templates,
  { side = "public", status }: { readonly side?: Side; readonly status?: string | undefined },
): string | undefined => {
  const { talk, scene } = plan;
  const { rules, now } = scene;
  const found = templateFor(templates, talk.language, rules.language);
  if (found === undefined) return undefined;
  const [to] = talk.personas;
  const { number } = talk.case.ref ?? {};
  const back = isOpen(now, rules.hours) ? undefined : backAt(now, rules.hours);
  const text = plan.ask(`words.${kind}`, () =>
    found.template({
      greeting: greetingOf(to && plan.persona(to)),
      case: { ...(number === undefined ? {} : { number }), ...(status === undefined ? {} : { status }) },
      conversation: talk,
      ...(found.language === undefined ? {} : { language: found.language }),
      ...(back === undefined || rules.hours === undefined ? {} : { back: sayHour(back, rules.hours, found.language) }),
    }),
  );
  if (text === undefined || text.trim() === "") return undefined;
  const disclosure =
    rules.disclosure === false
      ? undefined
      : byLanguage(rules.disclosure, found.language ?? talk.language ?? rules.language, "en")?.value;
  return dressed(text, { behind: disclosure }, fitsIn(plan, side));
};

/** Enters what the machine is about to say. */
export const enterItself = (plan: Plan, { key, side, text }: Pick<Entry, "key" | "side" | "text">): Entry => {
  const { talk, scene } = plan;
  const entry: Entry = {
    key,
    conversation: talk.key,
    side,
    by: automation,
    state: "draft",
    content: { entry: key, version: 1, of: talk.personas[0] ?? "brand" },
    text,
    at: scene.now,
    version: 1,
    words: "automatic",
  };
  plan.enter(entry);
  return entry;
};

/** Says something by itself, if it may. The trail says why not. */
export const sayItself = (
  plan: Plan,
  kind: AutomaticKind,
  templates: Templates | undefined,
  about: { readonly key?: string; readonly status?: string; readonly keeps?: string | undefined } = {},
): boolean => {
  const { talk, scene } = plan;
  if (templates === undefined || talk.public === undefined) return false;
  const silent = about.keeps ?? silence(kind, talk, quietlyOf(plan));
  const text = silent === undefined ? wordsOf(plan, kind, templates, about) : undefined;
  if (text === undefined) {
    plan.because(`no-${kind}-word`, { because: silent ?? "template-said-nothing" });
    return false;
  }
  const [to] = talk.personas;
  const reply = { do: "reply", under: talk.public.latest, ...(to === undefined ? {} : { to }) } as const;
  const offered = kind === "invite" ? invitation(plan, reply) : { act: reply };
  if (offered === undefined) {
    plan.because("no-invite-word", { because: "no-way-to-offer" });
    return false;
  }
  const { act, text: whole } = carrying(plan, offered.act, text);
  const key = automaticEntry(talk.account, kind, about.key ?? `${talk.key}/${talk.turn}`);
  const { content } = enterItself(plan, { key, side: "public", text: whole });
  plan.update({ public: spent(talk.public, { rules: scene.rules, now: scene.now }) });
  plan.because(`${kind}-word`);
  plan.promise({
    key: answerKey({ entry: key }),
    door: door.of(talk.account, "public"),
    act,
    content,
    words: "automatic",
    notAfter: scene.now + scene.rules.windows.automatic,
  });
  return true;
};

/** The invite at once, under her first words, where the brand switched that on. */
export const sayInvite = (plan: Plan, said: Said): void => {
  const { talk, scene } = plan;
  const templates = scene.rules.words.invite;
  if (templates === undefined || said.post === undefined || talk.public?.latest.id !== said.post.id) return;
  if (talk.private !== undefined || (talk.invite !== undefined && talk.invite.stage !== "refused")) return;
  sayItself(plan, "invite", templates);
};

/** Nobody has answered within the promise: said once, whatever comes of it. */
export const sayFollowUp = (plan: Plan): void => {
  const { scene } = plan;
  plan.update({ stamps: { ...plan.talk.stamps, followedUp: scene.now } });
  sayItself(plan, "follow-up", scene.rules.words.followUp);
};
