import { describe, expect, it } from "vitest";
import { permit } from "../../src/core/rules/permit.ts";
import { rank, type Urgency, urgencies, urgencyIn, urgencyOf, usual } from "../../src/core/rules/urgency.ts";
import {
  abilities,
  conversation,
  day,
  effect,
  entry,
  hour,
  minute,
  ordered,
  person,
  publicly,
  rules,
  seen,
  t0,
} from "./make.ts";
import { createStory } from "./story.ts";

describe("how urgent words are", () => {
  it.for<[Urgency | "usual", string]>([
    ["danger", "I can't do this anymore, I want to die"],
    ["danger", "your fees make me want to kill myself"],
    ["danger", "I am going to end my life and you did this"],
    ["danger", "my charger caught fire in the kitchen!!"],
    ["danger", "There is smoke coming from the battery"],
    ["danger", "the kettle exploded and burned my hand"],
    ["danger", "I got an ELECTRIC SHOCK from your toaster"],
    ["danger", "My son had an allergic reaction to your yoghurt, the label says nothing"],
    ["danger", "we smell gas in the hallway and nobody answers"],
    ["danger", "I cannot breathe since your driver sprayed something. Help!"],
    ["danger", "my mum has trouble breathing after your cream"],
    ["danger", "I do not want to live like this"],
    ["danger", "my dad is unconscious on your train, send an ambulance"],
    ["danger", "we are trapped inside the lift at your store"],
    ["danger", "I'm going to kill you all"],
    ["danger", "I know where you live, Steve from support"],
    ["danger", "there is a bomb in your store"],
    ["danger", "Ich will nicht mehr leben"],
    ["danger", "der Akku hat Feuer gefangen"],
    ["danger", "es riecht nach Gas im Haus"],
    ["danger", "ich bring euch um"],
    ["danger", "J’ai envie de mourir"],
    ["danger", "la batterie a pris feu dans ma chambre"],
    ["danger", "quiero morir, nadie me ayuda"],
    ["danger", "huele a gas en toda la casa"],
    ["danger", "quero morrer"],
    ["danger", "o carregador pegou fogo"],
    ["danger", "voglio morire"],
    ["danger", "la caldaia: fuga di gas!"],
    ["danger", "het ding staat in de fik"],
    ["danger", "I wаnt to dіe"],
    ["legal", "You will hear from my lawyer"],
    ["legal", "see you in court"],
    ["legal", "I'll sue you for this"],
    ["legal", "This is a subject access request"],
    ["legal", "I have filed a chargeback"],
    ["legal", "Mein Anwalt meldet sich"],
    ["legal", "je vais porter plainte"],
    ["legal", "los voy a demandar, mi abogado ya sabe"],
    ["legal", "vou ao Procon amanhã"],
    ["legal", "mi rivolgo al mio avvocato"],
    ["legal", "ik schakel een advocaat in"],
    ["press", "I'm a journalist with the Evening Herald"],
    ["press", "who is your press office? request for comment"],
    ["press", "Presseanfrage zu Ihren Preisen"],
    ["press", "je suis journaliste"],
    ["press", "soy periodista de El Faro"],
    ["press", "sono una giornalista"],
    ["usual", "my phone died again"],
    ["usual", "this queue is killing me"],
    ["usual", "I'm dying to get the new one"],
    ["usual", "love the bath bombs"],
    ["usual", "the fire stick does not work"],
    ["usual", "the food court is closed"],
    ["usual", "my parcel is late and nobody answers"],
    ["usual", "you guys are on fire today 🔥"],
    ["usual", "mind blown by this deal"],
    ["usual", "das Paket ist weg"],
    ["usual", "où est mon colis"],
  ])("%s: %s", ([urgency, text]) => {
    expect(urgencyOf(text) ?? "usual").toBe(urgency);
  });

  it.for<[unknown, Urgency | undefined]>([
    ["legal", "legal"],
    [{ urgency: "loyalty", tier: 3 }, "loyalty"],
    [{ urgency: "whatever" }, undefined],
    ["toString", undefined],
    [null, undefined],
    [["danger"], undefined],
  ])("an advisor says %j", ([advice, urgency]) => {
    expect(urgencyIn(advice as never)).toBe(urgency);
  });
});

describe("how soon an act goes", () => {
  it("by urgency, and within it by the time that is left to the promise", () => {
    const order = [
      rank(urgencies.danger, undefined),
      rank(urgencies.legal, -1),
      rank(urgencies.legal, undefined),
      rank(urgencies.press, 2 * hour),
      rank(urgencies.verified, 2 * hour),
      rank(usual, -minute),
      rank(usual, 4 * minute),
      rank(usual, 20 * minute),
      rank(usual, 3 * hour),
      rank(usual, 20 * hour),
      rank(usual, 100 * hour),
    ];
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(new Set(order).size).toBe(order.length);
    expect(order.at(-1)).toBe(usual);
  });

  it("acts of a department that promises an answer soon go before the others", () => {
    const story = createStory({ policy: { departments: { care: { promise: "30m" } }, route: () => "care" } });
    const { effects } = story.tell(publicly("maria", "1"));
    expect(effects.find(({ act }) => act.do === "entry")?.priority).toBe(44);
    const later = story.tell(publicly("maria", "2", { at: t0 + 28 * minute, under: "1" }));
    expect(later.effects.find(({ act }) => act.do === "entry")?.priority).toBe(42);
    const unpromised = createStory().tell(publicly("maria", "1"));
    expect(new Set(unpromised.effects.map(({ priority }) => priority))).toEqual(new Set([usual]));
  });
});

describe("what follows", () => {
  const danger = publicly("maria", "2", { at: t0 + minute, under: "1", text: "my charger caught fire" });

  it("later words raise a matter, and never lower it; the case shows it", () => {
    const story = createStory();
    const first = story.tell(publicly("maria", "1", { text: "see you in court" }));
    expect(first.talk.priority).toBe(urgencies.legal);
    const open = story.last("open");
    expect(open.act.fields.priority).toBe(urgencies.legal);
    story.perform(open);
    const { talk, why, effects } = story.tell(danger);
    expect(talk.priority).toBe(urgencies.danger);
    expect(why).toContain("danger");
    expect(effects.find(({ act }) => act.do === "state")?.act).toMatchObject({ fields: { priority: 0 } });
    expect(new Set(effects.map(({ priority }) => priority))).toEqual(new Set([0]));
    expect(story.tell(publicly("maria", "3", { at: t0 + 2 * minute, text: "thank you" })).talk.priority).toBe(0);
  });

  it("who is verified, whom the policy names and whom an advisor names", () => {
    const verified = createStory().tell(publicly("maria", "1", { profile: { verified: true } }));
    expect(verified.talk.priority).toBe(urgencies.verified);
    const policy = {
      urgency: ({ mentions }: { mentions(word: string): boolean }) =>
        mentions("recall") ? ("danger" as const) : undefined,
    };
    expect(createStory({ policy }).tell(publicly("maria", "1", { text: "about the recall" })).talk.priority).toBe(0);
    const story = createStory();
    const { talk } = story.tell(publicly("maria", "1"));
    const advised = (key: string, advice: unknown) =>
      story.tell({
        as: "advised",
        key,
        at: t0,
        source: "engine",
        conversation: talk.key,
        advisor: "crm",
        advice,
        late: false,
      } as never);
    expect(advised("a/1", { urgency: "loyalty" }).talk.priority).toBe(urgencies.loyalty);
    expect(advised("a/2", "danger").why).toContain("danger");
    expect(advised("a/3", "loyalty").talk.priority).toBe(0);
  });

  it("no machine speaks: no closing word, and none that was promised before goes out", () => {
    const story = createStory({ policy: { words: { closing: () => "Glad it is sorted." } } });
    const { talk } = story.tell(publicly("maria", "1"));
    story.perform(story.last("open"));
    story.tell(danger);
    const told = story.tell(seen(story.talk(talk.key), { closed: true, at: t0 + 2 * minute }));
    expect(told.why).toContain("no-closing-word");
    expect(told.effects.some(({ act }) => act.do === "reply")).toBe(false);
    const reply = effect({ do: "reply", under: danger.post as never }, { words: "automatic" });
    const permission = permit(
      conversation({ priority: 0 }),
      { effect: reply, tries: 0, state: "promised", entry: entry() },
      { can: abilities(), perform: "all", pauses: [], persona: undefined, leaked: [], rules: rules(), now: t0 },
    );
    expect(permission).toMatchObject({ withdraw: { code: "danger" } });
  });

  it("it is heard of who is heard only", () => {
    const story = createStory();
    const { talk } = story.tell(publicly("maria", "1"));
    story.tell(ordered(talk.key, { order: "mute", persona: person("maria"), until: t0 + day }));
    expect(story.tell(publicly("maria", "2", { text: "I will sue you" })).talk.priority).toBe(50);
    const told = story.tell(publicly("maria", "3", { text: "I will kill you" }));
    expect(told.talk.priority).toBe(0);
    expect(told.why).toEqual(expect.arrayContaining(["muted", "danger"]));
  });

  it("and what is merged with danger is danger", () => {
    const story = createStory();
    const { talk } = story.tell(publicly("maria", "1"));
    const other = story.tell(publicly("lena", "2", { text: "there is smoke coming from it" })).talk;
    story.perform(story.last("open"));
    const told = story.tell(ordered(talk.key, { order: "merge", with: other.key }));
    expect(told.talk.priority).toBe(urgencies.danger);
    expect(told.effects.flatMap(({ act }) => (act.do === "state" ? [act.fields.priority] : []))).toContain(0);
  });

  it("and it is nobody's bundle", () => {
    const story = createStory();
    const { talk } = story.tell(publicly("maria", "1", { text: "there is smoke coming from it" }));
    story.perform(story.last("open"));
    const told = story.tell(ordered(talk.key, { order: "topic", topic: { id: "outage" }, join: [] }));
    expect(told.why).toContain("danger-is-never-bundled");
    expect(told.talk.topics).toEqual([]);
  });
});
