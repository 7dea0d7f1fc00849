import type { Conversation, PrivateSide, Stamp } from "../../words/conversation.ts";
import type { Entry } from "../../words/entry.ts";
import type { Said } from "../../words/event.ts";
import { clue, type EffectKey, type Instant, keyOf, type PersonaRef, samePlace } from "../../words/ref.ts";
import { courtesy } from "../courtesy.ts";
import { matterOf } from "../matter.ts";
import { release } from "./answer.ts";
import { coverUp } from "./exposed.ts";
import { noMachine, raiseBySaid } from "./urgent.ts";
import { answerBy, type Plan, planFor, type Scene } from "./plan.ts";
import { assigneeIn, queueOf, returnOf } from "./whose.ts";

const stamped = (talk: Conversation, at: Instant, ...names: readonly Stamp[]): Conversation["stamps"] => ({
  ...talk.stamps,
  ...Object.fromEntries(names.filter((name) => talk.stamps[name] === undefined).map((name) => [name, at])),
});

const entered = (said: Said, talk: Conversation, of: PersonaRef | "brand"): Entry => ({
  key: said.entry,
  conversation: talk.key,
  side: said.side,
  by: said.actor,
  state: "said",
  content: { entry: said.entry, version: said.version, of },
  text: said.text,
  ...(said.media === undefined ? {} : { media: said.media }),
  at: said.at,
  version: said.version,
  ...(said.post === undefined ? {} : { post: said.post }),
  ...(said.thread === undefined ? {} : { thread: said.thread }),
  ...(said.url === undefined ? {} : { url: said.url }),
});

/** Notes who spoke, as the network shows them now. */
const meet = (plan: Plan, ref: PersonaRef, profile: Said["profile"]): void => {
  const persona = plan.persona(ref) ?? { ref, profile: {}, roles: [] };
  plan.meet({ ...persona, profile: { ...persona.profile, ...profile } });
};

const dispose = (plan: Plan, said: Said): void => {
  if (plan.talk.turn > 1 && plan.talk.disposition !== "ignore") return;
  const disposition = plan.ask("dispose", () => plan.scene.rules.dispose(matterOf(said, plan.talk)));
  if (disposition !== undefined && disposition !== plan.talk.disposition) {
    plan.update({ disposition });
    plan.because(`disposed-${disposition}`);
  }
};

const assignDepartment = (plan: Plan, said: Said): void => {
  // What a person decided, the brand's rules do not undo.
  if (plan.talk.department?.why.code === "routed-by-person") return;
  const name = plan.ask("route", () => plan.scene.rules.route(matterOf(said, plan.talk)));
  if (name === undefined || name === plan.talk.department?.name) return;
  plan.update({ department: { name, since: said.at, why: { code: "routed-by-policy" } } });
  plan.because("routed", { department: name });
};

const claimIn = ({ claims }: Conversation): { readonly claims?: string } =>
  claims === undefined ? {} : { claims: claims.case?.number ?? claims.conversation };

/** Promises the case of a conversation that is to have one and has none yet. */
export const openCase = (plan: Plan, first: Entry, key: EffectKey = keyOf.effect(plan.talk.key, "open")): void => {
  const { talk } = plan;
  const [persona] = talk.personas;
  if (talk.disposition !== "case" || talk.case.stage !== "none" || persona === undefined) return;
  plan.update({ case: { ...talk.case, stage: "promised", opener: first.key } });
  plan.because("case-promised");
  plan.tell(
    {
      do: "open",
      persona,
      saidAt: first.at,
      fields: {
        awaiting: talk.awaiting,
        awaitingSince: talk.awaitingSince,
        ...answerBy(talk, { awaiting: talk.awaiting }, plan.scene.rules),
        priority: talk.priority,
        ...(talk.public?.url === undefined ? {} : { postUrl: talk.public.url }),
        ...claimIn(talk),
        ...queueOf(plan),
      },
      ...(talk.follows === undefined ? {} : { follows: talk.follows }),
    },
    // Named after the conversation, whatever opens it: one conversation, one case.
    { key, content: first.content },
  );
};

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

  const kind = said.side === "public" ? "firstPost" : "firstMessage";
  plan.update({
    turn: talk.turn + 1,
    stamps: { ...stamped(talk, said.at, kind), lastHeard: Math.max(said.at, talk.stamps.lastHeard ?? 0) },
    ...(talk.awaiting === "us" ? {} : { awaiting: "us", awaitingSince: said.at }),
  });
  if (said.side === "public") hearPublic(plan, said, before, gone);
  else hearPrivate(plan, said);

  dispose(plan, said);
  if (before === undefined) assignDepartment(plan, said);
  if (!gone) raiseBySaid(plan, said);
  const rerouted = plan.talk.department?.name !== talk.department?.name;
  follow(plan, said, { opens: first || talk.case.stage === "none", rerouted });
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
      heardAt: edit ? (before?.heardAt ?? said.at) : said.at,
      automatic: before?.automatic ?? 0,
      threads,
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
    ...(invite === undefined || invite.stage === "answered" ? {} : { invite: { ...invite, stage: "answered" } }),
  });
  if (invite !== undefined && invite.stage !== "answered") plan.because("invite-answered");
};

/** What the CRM is told, and which drafts may go now. */
const follow = (plan: Plan, said: Said, { opens, rerouted }: { opens: boolean; rerouted: boolean }): void => {
  const entry = plan.entry(said.entry);
  if (entry === undefined) return;
  openCase(plan, entry);
  plan.tell({ do: "entry" }, { content: entry.content });
  coverUp(plan, said, entry);
  if (!opens) {
    const closed = plan.talk.case.stage === "closed";
    if (closed && !noMachine(plan.talk) && courtesy(said.text, said.media)) {
      plan.update({ awaiting: "nobody", awaitingSince: said.at });
      plan.because("courtesy-after-resolved");
    } else if (closed) {
      const { closedAt: _, ...rest } = plan.talk.case;
      plan.update({ case: { ...rest, stage: "reopening" } });
      plan.because("reopened");
      plan.show({ resolved: false });
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

/** The brand spoke in the network's own app, or an employee helped. */
const spoken = (plan: Plan, said: Said): void => {
  const { talk } = plan;
  const brand = said.actor.kind === "brand";
  const [customer] = talk.personas;
  const before = plan.entry(said.entry);
  plan.clue(said.post && clue.post(said.post));
  if (before !== undefined && before.version > said.version) {
    plan.because("newer-version-known");
    return;
  }
  // What is said to a customer belongs to the customer, whoever says it.
  const of = brand ? (said.to ?? customer ?? "brand") : said.by;
  plan.enter(entered(said, talk, of));
  if (!brand) meet(plan, said.by, said.profile);
  const stamp = said.side === "public" ? "firstPublicAnswer" : "firstPrivateAnswer";
  // An edit answers nobody, nor do words that are told late and were said before the customer's last.
  const answers = brand && before === undefined && said.at >= (talk.stamps.lastHeard ?? 0);
  plan.update({
    turn: talk.turn + 1,
    ...(brand
      ? {
          ...(answers ? { awaiting: "customer" as const, awaitingSince: said.at } : {}),
          stamps: {
            ...stamped(talk, said.at, stamp),
            ...(said.side === "public"
              ? { lastPublicAnswer: Math.max(said.at, talk.stamps.lastPublicAnswer ?? 0) }
              : {}),
          },
        }
      : {}),
    ...(brand && said.side === "private" && talk.private === undefined && (said.to ?? customer) !== undefined
      ? {
          private: {
            to: (said.to ?? customer) as PersonaRef,
            control: "us",
            ...(said.thread === undefined ? {} : { thread: said.thread }),
          },
        }
      : {}),
  });
  if (said.thread !== undefined) plan.clue(clue.thread(said.thread));
  plan.because(brand ? "brand-spoke-by-hand" : "help-entered");
  plan.tell({ do: "entry" }, { content: { entry: said.entry, version: said.version, of } });
  if (answers) plan.show({ awaiting: "customer", awaitingSince: said.at });
};

/** What follows from something said. */
export const advanceSaid = (talk: Conversation, said: Said, scene: Scene): Plan => {
  const plan = planFor(talk, scene);
  if (said.actor.kind === "customer") heard(plan, said);
  else spoken(plan, said);
  return plan;
};
