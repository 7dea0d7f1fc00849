import type { CrmAct } from "casethread/adapter";
import { createClock } from "casethread/sandbox";
import { salesforce, type SalesforceOptions } from "casethread/salesforce";
import {
  createSalesforceSandbox,
  type SalesforceSandbox,
  type SalesforceSandboxOptions,
} from "casethread/salesforce/sandbox";
import { describe, expect, it } from "vitest";
import { createWorld, type World } from "../../made-up/world.ts";

/** A park at one end, an org at the other, and a bridge between them. */
const begin = async (
  sandbox: SalesforceSandboxOptions = {},
  options: Partial<SalesforceOptions> = {},
): Promise<{ readonly org: SalesforceSandbox; readonly world: World } & AsyncDisposable> => {
  const clock = createClock();
  const org = await createSalesforceSandbox({ clock, listen: false, ...sandbox });
  const crm = salesforce({ connection: () => org.connect(), pollMs: 1_000, ...options });
  const world = createWorld({ clock, crm });
  return { org, world, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
};
const parked = async ({ bridge }: World): Promise<readonly [CrmAct["do"], string][]> =>
  (await bridge.parked()).map(({ effect, why }) => [effect.act.do as CrmAct["do"], why.code]);
const caseWith = async (org: SalesforceSandbox, key: string) =>
  (await org.state()).cases.find((one) => one.key === key);

describe("a case that somebody deletes", () => {
  it("is known to be gone; what is said then begins anew, and by order the old matter has a case again", async () => {
    await using given = await begin();
    const { org, world } = given;
    const post = await world.post("maria", "My parcel is lost");
    await world.pass(5_000);
    const { key } = await world.talk(post);
    expect((await caseWith(org, key))?.id).toBeDefined();
    await org.agent("Ann").delete(key);
    await world.pass(5_000);
    expect((await world.talk(post)).case).toMatchObject({ stage: "gone" });
    const later = await world.post("maria", "Anybody there?", post.id);
    await world.pass(5_000);
    expect(await parked(world)).toEqual([]);
    const fresh = (await world.talk(later)).key;
    expect(fresh).not.toBe(key);
    expect((await org.state()).cases).toHaveLength(1);
    expect((await org.entriesOf(fresh)).map(({ text }) => text)).toEqual(["Anybody there?"]);
    await world.bridge.open({ key: "anew", conversation: key });
    await world.pass(5_000);
    expect((await world.talk(post)).case).toMatchObject({ stage: "open" });
    expect((await org.entriesOf(key)).map(({ text }) => text)).toEqual(["My parcel is lost"]);
    expect(await parked(world)).toEqual([]);
  });

  it("what is said before that is known waits for a person", async () => {
    await using given = await begin();
    const { org, world } = given;
    const post = await world.post("maria", "My parcel is lost");
    await world.pass(5_000);
    const { key } = await world.talk(post);
    await org.agent("Ann").delete(key);
    await world.post("maria", "Anybody there?", post.id);
    await world.pass(5_000);
    expect(await parked(world)).toEqual([["entry", "crm-refused"]]);
    const said = JSON.stringify(world.logs.filter(({ level }) => level === "warn"));
    expect(said).toMatch(/open the matter anew, or drop the act/);
    expect((await org.state()).cases).toEqual([]);
    const [waiting] = await world.bridge.parked();
    if (waiting === undefined) throw new Error("an act was to wait");
    await world.bridge.open({ key: "anew", conversation: key });
    await world.bridge.drop(waiting.effect.key);
    await world.pass(5_000);
    expect((await world.talk(post)).case).toMatchObject({ stage: "open" });
    expect((await org.entriesOf(key)).map(({ text }) => text)).toEqual(["My parcel is lost", "Anybody there?"]);
    expect(await parked(world)).toEqual([]);
  });

  it("answers that had not left are taken back with it, and by deleting them", async () => {
    await using given = await begin();
    const { org, world } = given;
    const post = await world.post("maria", "My parcel is lost");
    await world.pass(5_000);
    const { key } = await world.talk(post);
    // The customer has not written in private: it waits.
    const answer = await org.agent("Ann").answer(key, { text: "Where do you live?", side: "private" });
    await world.pass(5_000);
    expect(await world.bridge.held()).toHaveLength(1);
    await org.agent("Ann").delete(answer);
    await world.pass(5_000);
    expect(await world.bridge.held()).toEqual([]);
    await org.agent("Ann").answer(key, { text: "Where is it to go?", side: "private" });
    await world.pass(5_000);
    expect(await world.bridge.held()).toHaveLength(1);
    await org.agent("Ann").delete(key);
    await world.pass(5_000);
    expect(await world.bridge.held()).toEqual([]);
    expect(world.said()).toEqual([]);
  });
});

describe("a case that somebody merges into another", () => {
  it.each([false, true])("which is nobody's: the conversation goes on there (the org keeps it: %s)", async (keeps) => {
    await using given = await begin({ keepsMerged: keeps });
    const { org, world } = given;
    const post = await world.post("maria", "My parcel is lost");
    await world.pass(5_000);
    const { key } = await world.talk(post);
    const ann = org.agent("Ann");
    const phoned = await ann.open("Maria called");
    await ann.merge(key, phoned);
    await world.pass(5_000);
    expect(await parked(world)).toEqual([]);
    expect(await caseWith(org, key)).toMatchObject({ id: phoned, fields: { Subject: "Maria called" } });
    expect((await world.talk(post)).case).toMatchObject({
      stage: "open",
      url: expect.stringContaining(phoned),
    });
    await world.post("maria", "Anybody there?", post.id);
    await world.pass(5_000);
    expect((await org.entriesOf(phoned)).map(({ text }) => text)).toEqual(["My parcel is lost", "Anybody there?"]);
    const { conversations } = await org.state();
    expect(conversations.map((one) => one["Case__c"])).toEqual([phoned]);
    await ann.answer(phoned, { text: "Found it.", side: "public" });
    await world.pass(5_000);
    expect(world.said().map(({ text }) => text)).toEqual([expect.stringContaining("Found it.")]);
  });

  it.each([false, true])(
    "which is another conversation's: the two become one (the org keeps it: %s)",
    async (keeps) => {
      await using given = await begin({ keepsMerged: keeps });
      const { org, world } = given;
      const [first, second] = [
        await world.post("maria", "My parcel is lost"),
        await world.post("bob", "Hers and mine!"),
      ];
      await world.pass(5_000);
      const [maria, bob] = [await world.talk(first), await world.talk(second)];
      await org.agent("Ann").merge(bob.key, maria.key);
      await world.pass(5_000);
      expect(await parked(world)).toEqual([]);
      expect((await world.talk(second)).key).toBe(maria.key);
      await world.post("bob", "Anybody there?", second.id);
      await world.pass(5_000);
      expect((await org.entriesOf(maria.key)).map(({ text }) => text)).toEqual([
        "My parcel is lost",
        "Hers and mine!",
        "Anybody there?",
      ]);
      expect(await parked(world)).toEqual([]);
    },
  );

  it("an org that merges no cases, and has no field for it, is asked without it", async () => {
    await using given = await begin();
    const { org, world } = given;
    await org.plant({ on: "Case", hidden: "MasterRecordId" });
    const post = await world.post("maria", "My parcel is lost");
    await world.pass(5_000);
    const { key } = await world.talk(post);
    await org.agent("Ann").close(key);
    await world.pass(5_000);
    expect((await world.talk(post)).case).toMatchObject({ stage: "closed" });
    const asked = (await org.state()).requests.filter(({ status }) => status >= 400);
    expect(asked).toEqual([]);
  });
});
