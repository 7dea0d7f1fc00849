import assert from "node:assert/strict";
import type { Answered, CaseSeen, FromCrm } from "../../core/words/event.ts";
import { crmLaw, type CrmLaw, type CrmSubject, talkOf, written } from "./subject.ts";
import type { CrmTalk } from "./tasks.ts";

/** All that is told after a cursor, and where it leads. */
const follow = async (
  subject: CrmSubject,
  from: string | undefined,
): Promise<{ readonly events: readonly FromCrm[]; readonly cursor: string }> => {
  const events: FromCrm[] = [];
  let cursor = from;
  for await (const page of subject.crm.since(from, subject.kit())) {
    events.push(...page.events);
    ({ cursor } = page);
    assert(page.unread.length === 0, `unread: ${page.unread.map((one) => one.reason).join("; ")}`);
  }
  if (cursor === undefined) throw new Error("the first catch-up gave no cursor");
  return { events, cursor };
};
const start = async (subject: CrmSubject): Promise<string> => {
  const { events, cursor } = await follow(subject, undefined);
  assert(events.length === 0, `the first start tells from now on, and told ${events.length} events`);
  return cursor;
};
const casesOf = (events: readonly FromCrm[], talk: CrmTalk): readonly CaseSeen[] =>
  events.filter((event): event is CaseSeen => event.as === "case" && event.conversation === talk.key);
const answersOf = (events: readonly FromCrm[], talk: CrmTalk): readonly Answered[] =>
  events.filter((event): event is Answered => event.as === "answered" && event.conversation === talk.key);
const content = ({ status, closed, assignee }: CaseSeen): string => JSON.stringify({ status, closed, assignee });

/** Changes: told at least once, known by content. */
export const changingLaws: readonly CrmLaw[] = [
  crmLaw("changes are told, and told again to whoever comes back with an older cursor", async (subject) => {
    const talk = talkOf(subject);
    const before = await start(subject);
    await written(subject, [talk.open("hi"), talk.entry("hi")]);
    const opened = await follow(subject, before);
    await subject.pass(1_000);
    await subject.agent.close(talk.key);
    const closed = await follow(subject, opened.cursor);
    const last = casesOf(closed.events, talk).at(-1);
    assert(last?.closed === true, "a case that was closed was not told as closed");
    const again = await follow(subject, opened.cursor);
    const keys = new Set(again.events.map((event) => event.key));
    for (const event of closed.events) assert(keys.has(event.key), `${event.key} was told once and not again`);
    await subject.pass(1_000);
    await subject.agent.reopen(talk.key);
    const reopened = casesOf((await follow(subject, closed.cursor)).events, talk).at(-1);
    assert(reopened?.closed === false, "a case that was opened again was not told");
    assert(reopened.key !== last.key, "two changes have the same key");
  }),
  crmLaw("a change that becomes visible late is told all the same", async (subject) => {
    const [slow, quick] = [talkOf(subject), talkOf(subject)];
    const before = await start(subject);
    await written(subject, [slow.open("slow"), quick.open("quick")]);
    const opened = await follow(subject, before);
    await subject.pass(1_000);
    await subject.trouble.late();
    await subject.agent.close(slow.key);
    await subject.pass(2_000);
    await subject.agent.close(quick.key);
    const first = await follow(subject, opened.cursor);
    assert(casesOf(first.events, quick).at(-1)?.closed === true, "the quick change was not told");
    assert(casesOf(first.events, slow).length === 0, "the slow change was not late: this proves nothing");
    await subject.trouble.mend();
    const second = await follow(subject, first.cursor);
    assert(casesOf(second.events, slow).at(-1)?.closed === true, "a change that came late was never told");
  }),
  crmLaw("our own writes coming back change nothing", async (subject) => {
    const talk = talkOf(subject);
    const before = await start(subject);
    await written(subject, [talk.open("hi"), talk.entry("hi"), talk.entry("ours", { by: "agent" })]);
    const opened = await follow(subject, before);
    const [seen] = casesOf(opened.events, talk);
    if (seen === undefined) throw new Error("the case was not told");
    assert(answersOf(opened.events, talk).length === 0, "our own entries came back as answers of agents");
    await subject.pass(1_000);
    await written(subject, [talk.state({ awaiting: "customer" })]);
    const after = await follow(subject, opened.cursor);
    for (const one of casesOf(after.events, talk))
      assert(content(one) === content(seen), `our write came back as ${content(one)}`);
  }),
  crmLaw("an agent's answer is told once for each of its contents", async (subject) => {
    const talk = talkOf(subject);
    await written(subject, [talk.open("help")]);
    const before = await start(subject);
    const answer = await subject.agent.answer(talk.key, { text: "one moment", side: "private" });
    const first = await follow(subject, before);
    const [said, ...more] = answersOf(first.events, talk);
    if (said === undefined) throw new Error("an agent's answer was not told");
    assert(more.length === 0, "an answer was told twice");
    assert(
      said.text === "one moment" && said.side === "private" && said.by.kind === "agent",
      `the answer was told as ${JSON.stringify(said)}`,
    );
    const again = answersOf((await follow(subject, before)).events, talk);
    assert.deepEqual([...new Set(again.map((event) => event.key))], [said.key], "told again under its own key");
    await subject.pass(1_000);
    await written(subject, [talk.answerState(said.entry, "held")]);
    const held = await follow(subject, first.cursor);
    assert(
      answersOf(held.events, talk).every((event) => event.key === said.key),
      "what became of an answer came back as a new one",
    );
    await subject.pass(1_000);
    await subject.agent.edit(answer, "one hour");
    const edited = answersOf((await follow(subject, held.cursor)).events, talk).filter(
      (event) => event.key !== said.key,
    );
    assert(edited.length === 1 && edited[0]?.text === "one hour", `an edit was told as ${JSON.stringify(edited)}`);
    assert(
      edited[0]?.entry === said.entry && edited[0].version > said.version,
      "an edit is not a newer version of the same entry",
    );
    const look = await subject.look(talk.key);
    assert(look.entries.length === 0, "an agent's answer was written a second time as ours");
  }),
  crmLaw("a case's page leads back to the case", async (subject) => {
    const [receipt] = await written(subject, [talkOf(subject).open("page")]);
    if (receipt?.case === undefined) throw new Error("the receipt of an open names no case");
    const { crm } = subject;
    if (crm.parse === undefined) return;
    const back = crm.parse(crm.url(receipt.case));
    assert(back?.id === receipt.case.id, `the page of ${receipt.case?.id ?? ""} leads to ${back?.id ?? "nothing"}`);
  }),
];
