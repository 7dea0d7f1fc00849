import type { Conversation, PrivateSide } from "../../words/conversation.ts";
import type { Entry } from "../../words/entry.ts";
import type { Said } from "../../words/event.ts";
import { isPast } from "../past.ts";
import { clue, samePersona, samePlace } from "../../words/ref.ts";
import { asksNothing } from "../courteous.ts";
import { matterOf } from "../matter.ts";
import { askAdvisors } from "./advise.ts";
import { release } from "./answer.ts";
import { sayInvite } from "./automatic.ts";
import { assignDepartment, dispose, hearsOnly, ignored } from "./disposing.ts";
import { entered, stamped } from "./entered.ts";
import { coverUp } from "./exposed.ts";
import { claimIn, openCase, openWhole } from "./opening.ts";
import { hearWishes, meet } from "./people.ts";
import { type Plan, planFor, type Scene } from "./plan.ts";
import { hearClosed } from "./reopen.ts";
import { spoken } from "./spoken.ts";
import { raiseByDanger, raiseBySaid } from "./urgent.ts";
import { assigneeIn, queueOf, returnOf } from "./whose.ts";

/** Said and taken back before we were told of it: that somebody said something, and no word of it. */
const bornBlank = (entry: Entry): Entry => {
  const { media: _, url: __, ...rest } = entry;
  return { ...rest, state: "gone", text: null };
};

/** The customer spoke. */
const heard = (plan: Plan, said: Said): void => {
  const { talk } = plan;
  const first = talk.turn === 0;
  const before = plan.entry(said.entry);
  plan.clue(
    clue.talk(talk.key),
    clue.persona(said.by),
    said.post && clue.post(said.post),
    said.root && clue.branch(said.root, said.by),
    // Should she be the author of what she answers, and that be told later: it is found by her and by the post.
    said.parent && clue.branch(said.parent, said.by),
    said.thread && clue.thread(said.thread),
  );
  meet(plan, said.by, said.profile);
  // Networks tell late and twice: an older version changes nothing.
  if (before !== undefined && before.version > said.version) {
    plan.because("newer-version-known");
    return;
  }
  // What has left the feed is not brought back by words that are told late.
  const gone = before?.state === "gone" || plan.scene.known.gone === true;
  plan.enter(gone ? bornBlank(entered(said, talk, said.by)) : entered(said, talk, said.by));

  if (hearsOnly(plan, said) && !first) {
    plan.update({ turn: talk.turn + 1 });
    plan.because("muted");
    if (!gone) raiseByDanger(plan, said);
    plan.tell({ do: "entry" }, { content: { entry: said.entry, version: said.version, of: said.by } });
    return;
  }
  if (said.vouched === true && !talk.personas.some((one) => samePersona(one, said.by))) {
    plan.update({ personas: [...talk.personas.slice(0, 3), said.by] });
  }
  hearWishes(plan, said);
  const kind = said.side === "public" ? "firstPost" : "firstMessage";
  const turn = talk.turn + 1;
  const language = said.language ?? talk.language ?? plan.scene.rules.detect(said.text);
  const edited = before !== undefined && said.side === "public";
  const lastAsked = gone || asksNothing(said) ? talk.stamps.lastAsked : Math.max(said.at, talk.stamps.lastAsked ?? 0);
  plan.update({
    turn,
    stamps: {
      ...stamped(talk, said.at, kind),
      lastHeard: Math.max(said.at, talk.stamps.lastHeard ?? 0),
      ...(lastAsked === undefined ? {} : { lastAsked }),
    },
    lately: { ...talk.lately, ...(edited ? { changed: turn } : { heard: turn }) },
    ...(language === undefined ? {} : { language }),
    ...(talk.awaiting === "us" ? {} : { awaiting: "us", awaitingSince: said.at }),
  });
  if (said.side === "public") hearPublic(plan, said, before, gone);
  else hearPrivate(plan, said);

  dispose(plan, said);
  ignored(plan, said.at);
  if (before === undefined) assignDepartment(plan, matterOf(said, plan.talk), said.at);
  if (!gone) raiseBySaid(plan, said);
  const rerouted = plan.talk.department?.name !== talk.department?.name;
  follow(plan, said, { opens: first || talk.case.stage === "none", rerouted });
  if (before !== undefined) return;
  if (said.side === "public") sayInvite(plan, said);
  const entry = plan.entry(said.entry);
  if (entry !== undefined && !gone) askAdvisors(plan, said, entry);
};

/** What the CRM is told, and which drafts may go now. */
const follow = (plan: Plan, said: Said, { opens, rerouted }: { opens: boolean; rerouted: boolean }): void => {
  const entry = plan.entry(said.entry);
  if (entry === undefined) return;
  if (plan.talk.disposition === "case" && plan.talk.case.stage === "none" && plan.talk.turn > 1) {
    // It was watched until now: the case gets all of it.
    const known = plan.scene.known.entries.filter(({ conversation }) => conversation === plan.talk.key);
    if (known.some(({ key }) => key !== entry.key)) openWhole(plan);
  }
  openCase(plan, entry);
  plan.tell({ do: "entry" }, { content: entry.content });
  coverUp(plan, said, entry);
  if (!opens) {
    if (plan.talk.case.stage === "closed") {
      // What has left the feed unread asks nothing any more.
      if (entry.text === null) plan.update({ awaiting: "nobody", awaitingSince: said.at });
      else hearClosed(plan, said);
    }
    plan.show({
      awaiting: plan.talk.awaiting,
      awaitingSince: plan.talk.awaitingSince,
      ...(plan.talk.public?.url === undefined ? {} : { postUrl: plan.talk.public.url }),
      ...claimIn(plan.talk),
      // Whose case it is, the CRM's people decide; it is named again only when the department has changed.
      ...(rerouted ? { ...queueOf(plan), ...assigneeIn(plan.talk) } : returnOf(plan)),
    });
  }
  // In private she opens the thread; in public a post of hers may be answered in private, once.
  const { privateReply } = plan.scene.can(plan.talk.account);
  if (said.side === "public" && (privateReply === false || said.version > 1)) return;
  for (const draft of plan.scene.known.drafts) {
    if (draft.holds.some((hold) => hold.kind === "no-private-side")) release(plan, draft, "private-side-opened");
  }
};

const hearPublic = (plan: Plan, said: Said, edited: Entry | undefined, gone: boolean): void => {
  const { talk } = plan;
  if (said.post === undefined) return;
  const before = talk.public;
  const edit = edited !== undefined;
  const newThread = !edit && (said.root === undefined || said.root.id === said.post.id || before === undefined);
  const threads = (before?.threads ?? 0) + (newThread ? 1 : 0);
  // An older post that was edited, or is told late, is not what an answer goes under.
  const newest = edit
    ? before !== undefined && edited.post !== undefined && samePlace(edited.post, before.latest)
    : before === undefined || said.at >= before.heardAt;
  if (before !== undefined && !newest) {
    plan.update({ public: { ...before, threads } });
    return;
  }
  plan.update({
    public: {
      latest: said.post,
      ...(said.root === undefined ? {} : { root: said.root }),
      ...(said.url === undefined ? {} : { url: said.url }),
      summoned: (said.summons ?? false) || (edit && (before?.summoned ?? false)),
      gone,
      ...((edit ? before?.overheard : said.overheard) === true ? { overheard: true } : {}),
      ...((edit ? before?.past : isPast(said)) === true ? { past: true } : {}),
      heardAt: edit ? (before?.heardAt ?? said.at) : said.at,
      automatic: before?.automatic ?? 0,
      ...(before?.automaticAt === undefined ? {} : { automaticAt: before.automaticAt }),
      threads,
      ...(edit && before?.refused !== undefined ? { refused: before.refused } : {}),
      ...(edit && before?.openings !== undefined ? { openings: before.openings } : {}),
      ...(edit && before?.privatelyAnswered !== undefined ? { privatelyAnswered: before.privatelyAnswered } : {}),
    },
  });
};

/** Who has the thread: what a word tells of it counts unless something newer is known. */
const controlOf = (before: PrivateSide | undefined, said: Said): Pick<PrivateSide, "control" | "controlAt"> => {
  const { control = "us", controlAt } = before ?? {};
  if (said.control !== undefined && said.at >= (controlAt ?? 0)) return { control: said.control, controlAt: said.at };
  return { control, ...(controlAt === undefined ? {} : { controlAt }) };
};

const hearPrivate = (plan: Plan, said: Said): void => {
  const { talk } = plan;
  const invite = talk.invite;
  plan.update({
    private: {
      to: said.by,
      ...(said.thread === undefined ? {} : { thread: said.thread }),
      heardAt: Math.max(said.at, talk.private?.heardAt ?? 0),
      ...controlOf(talk.private, said),
    },
    stamps: talk.public === undefined ? talk.stamps : stamped(talk, said.at, "moved"),
    ...(invite === undefined || invite.stage === "answered"
      ? {}
      : { invite: { ...invite, stage: "answered", at: { ...invite.at, answered: said.at } } }),
  });
  if (invite !== undefined && invite.stage !== "answered") {
    plan.because("invite-answered");
    plan.show({ invite: "answered" });
  }
};

/** What follows from something said. */
export const advanceSaid = (talk: Conversation, said: Said, scene: Scene): Plan => {
  const plan = planFor(talk, scene);
  if (said.actor.kind === "customer") heard(plan, said);
  else spoken(plan, said);
  return plan;
};
