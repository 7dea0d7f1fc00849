import type { Answered, FromCrm } from "casethread/adapter";
import { salesforce } from "casethread/salesforce";
import { createSalesforceSandbox } from "casethread/salesforce/sandbox";
import { createClock } from "casethread/sandbox";
import { expect, it } from "vitest";
import { crmTalk } from "../../../src/conformance/crm/tasks.ts";
import { createWorld } from "../../made-up/world.ts";
import { createGround, type Ground, lastOf, pagesOf, toldIn } from "./ground.ts";

const begun = async (ground: Ground) => {
  const talk = crmTalk("files", "salesforce", ground.clock.now());
  await ground.crm.write([talk.open("hi")], ground.kit());
  return { talk, start: lastOf(await pagesOf(ground, undefined)), ann: ground.org.agent("Ann") };
};
const answers = (events: readonly FromCrm[]): readonly Answered[] =>
  events.filter((event): event is Answered => event.as === "answered");
const links = async ({ org }: Ground): Promise<number> =>
  (await org.state()).requests.filter(({ records }) => records["ContentDistribution"] !== undefined).length;

it("an answer that is being written is left alone; once it is ready its files go along, each where a network can fetch it", async () => {
  await using ground = await createGround();
  const { talk, start, ann } = await begun(ground);
  const id = await ann.answer(talk.key, { text: "See the picture.", side: "private", writing: true });
  const before = await pagesOf(ground, start);
  expect(answers(toldIn(before))).toEqual([]);
  const versions = [
    await ann.attach(id, { name: "label.PNG", bytes: 2_000 }),
    await ann.attach(id, { name: "terms.pdf", bytes: 9_000 }),
  ];
  await ann.edit(id, { text: "See the picture." });
  const after = await pagesOf(ground, lastOf(before));
  const [answer, ...others] = answers(toldIn(after));
  expect(others).toEqual([]);
  expect(answer).toMatchObject({ text: "See the picture.", side: "private" });
  expect(answer?.media).toEqual([
    { kind: "image", url: expect.stringMatching(/^https:/), type: "image/png", bytes: 2_000 },
    { kind: "file", url: expect.stringMatching(/^https:/), type: "application/pdf", bytes: 9_000 },
  ]);
  expect(answer?.media?.map(({ url }) => url.includes(versions[0] ?? "") || url.includes(versions[1] ?? ""))).toEqual([
    true,
    true,
  ]);
  // A link is made once, also by another process; and nothing is told again.
  expect(await links(ground)).toBe(1);
  expect(answers(toldIn(await pagesOf(ground, lastOf(after))))).toEqual([]);
  const again = answers(toldIn(await pagesOf({ crm: ground.another(), kit: ground.kit }, start)));
  expect(again.map(({ key, media }) => [key, media])).toEqual([[answer?.key, answer?.media]]);
  expect(await links(ground)).toBe(1);
});

it("a file by itself is an answer, and another file is another version of it", async () => {
  await using ground = await createGround();
  const { talk, start, ann } = await begun(ground);
  const id = await ann.answer(talk.key, { text: "", side: "private", writing: true });
  await ann.attach(id, { name: "one.mp4", bytes: 5 });
  await ann.edit(id, { text: "" });
  const first = await pagesOf(ground, start);
  expect(answers(toldIn(first))).toMatchObject([{ text: "", media: [{ kind: "video", type: "video/mp4" }] }]);
  await ground.clock.advance(2_000);
  await ann.attach(id, { name: "two.zip", bytes: 5 });
  await ann.edit(id, { text: "" });
  const second = answers(toldIn(await pagesOf(ground, lastOf(first))));
  expect(second).toMatchObject([{ media: [{}, { kind: "file", type: "application/octet-stream" }] }]);
  expect(second[0]?.version).toBeGreaterThan(answers(toldIn(first))[0]?.version ?? 0);
});

it("where the org makes no public links, the answer is told all the same, and its file has no address", async () => {
  await using ground = await createGround();
  await ground.org.plant({ on: "ContentDistribution", rule: { name: "No_Links", message: "no public links here" } });
  const { talk, start, ann } = await begun(ground);
  const id = await ann.answer(talk.key, { text: "See here.", side: "private", writing: true });
  await ann.attach(id, { name: "label.png", bytes: 5 });
  await ann.edit(id, { text: "See here." });
  const told = answers(toldIn(await pagesOf(ground, start)));
  expect(told).toMatchObject([{ media: [{ url: expect.not.stringMatching(/^https:/), type: "image/png" }] }]);
});

it("through the whole bridge: carried where the network takes files, and where it does not the agent is told", async () => {
  const clock = createClock();
  const org = await createSalesforceSandbox({ clock, listen: false });
  const media = { most: 1, withWords: true, types: { "image/*": 1_000 }, source: "made up" };
  await using world = createWorld({
    clock,
    crm: salesforce({ connection: () => org.connect(), pollMs: 1_000 }),
    channel: { can: { media: { public: media } } },
  });
  const post = await world.post("maria", "My parcel is lost");
  await world.pass(5_000);
  const { key } = await world.talk(post);
  const ann = org.agent("Ann");
  const send = async (text: string, file: { readonly name: string; readonly bytes: number }): Promise<string> => {
    const id = await ann.answer(key, { text, side: "public", writing: true });
    await ann.attach(id, file);
    await ann.edit(id, { text });
    await world.pass(5_000);
    return id;
  };
  const carried = await send("Is it this one?", { name: "parcel.jpg", bytes: 900 });
  const refused = await send("The terms.", { name: "terms.pdf", bytes: 900 });
  const { entries } = await org.state();
  const of = (id: string) => entries.find((entry) => entry.id === id);
  expect(of(carried)?.state).toBe("sent");
  expect(of(refused)).toMatchObject({ state: "failed" });
  expect(of(refused)?.fields["Reason__c"]).toBe("the network takes no application/pdf here: it takes image/*");
  expect(world.said()).toHaveLength(1);
});
