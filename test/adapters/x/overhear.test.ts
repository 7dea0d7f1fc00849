import { describe, expect, test } from "vitest";
import { x } from "casethread/x";
import { acme, ground, other } from "./subject.ts";
import { createTown } from "./town.ts";

const overheardIn = (events: readonly { readonly as: string }[]): readonly unknown[] =>
  events
    .map((event) => ({ ...event }))
    .flatMap((event: { as: string; text?: string; overheard?: true; by?: unknown }) =>
      event.as === "said" ? [[event.text, event.overheard ?? false]] : [],
    );

describe("listening for words by a stream", () => {
  test("over a socket: each account hears its own words at once, rules are kept as they are wanted, others' are left alone", async () => {
    const at = await ground({ hostile: { indexLagMs: 0 } });
    await using sandbox = at.sandbox;
    const { accounts, ...options } = sandbox.options();
    const words: Readonly<Record<string, readonly string[]>> = { [acme]: ["acmephone"], [other]: ["acme parcel"] };
    const listening = (of: typeof words) => {
      const stop = new AbortController();
      const found: { readonly as: string }[] = [];
      const keyed = accounts.map((one) => {
        const keywords = of[one.id];
        return keywords === undefined ? one : { ...one, keywords };
      });
      const channel = x({ ...options, accounts: keyed, stream: true });
      const run = (async () => {
        for await (const { events } of channel.listen?.(at.kit({ signal: stop.signal })) ?? []) found.push(...events);
      })();
      return { found, stop: () => (stop.abort(), run) };
    };
    const streams = async (): Promise<number> =>
      (await sandbox.state()).requests.filter(({ path }) => path === "/2/tweets/search/stream").length;
    const rules = async (): Promise<readonly unknown[]> => {
      const { v2 } = sandbox.client({ id: "app" });
      const { data } = (await v2.get("tweets/search/stream/rules", {}, { fullResponse: true })).data as {
        data?: { value: string; tag: string }[];
      };
      return (data ?? []).map(({ value, tag }) => [tag, value.split(" -is")[0]]);
    };
    await sandbox
      .client({ id: "app" })
      .v2.post(
        "tweets/search/stream/rules",
        { add: [{ value: "(cats)", tag: "another tool" }] },
        { fullResponse: true },
      );
    const first = listening(words);
    await expect.poll(streams).toBe(1);
    const maria = await sandbox.persona("maria");
    for (const text of ["My AcmePhone is hot", "nothing", "@AcmeHelp my acmephone", "an acme parcel came", "cats"])
      await sandbox.say({ by: maria, text });
    await expect.poll(() => first.found.length).toBe(2);
    expect(overheardIn(first.found)).toEqual([
      ["My AcmePhone is hot", true],
      ["an acme parcel came", true],
    ]);
    await first.stop();
    expect(await rules()).toEqual([
      ["another tool", "(cats)"],
      [`casethread ${acme}`, "(acmephone)"],
      [`casethread ${other}`, '("acme parcel")'],
    ]);
    const second = listening({ [acme]: ["acmephone", "acmewatch"] });
    await expect.poll(streams).toBe(2);
    expect(await rules()).toEqual([
      ["another tool", "(cats)"],
      [`casethread ${acme}`, "(acmephone OR acmewatch)"],
    ]);
    await second.stop();
    expect(second.found).toEqual([]);
  });

  test("heard by the stream and found by the search it is one entry, routed, and not answered here", async () => {
    await using town = await createTown({
      tier: "enterprise",
      webhook: false,
      hostile: { indexLagMs: 100 },
      listens: ["acmephone"],
      options: { stream: true },
      bridge: {
        policy: { departments: { press: { queue: "PR" } }, route: (m) => (m.overheard ? "press" : undefined) },
      },
    });
    const stop = new AbortController();
    const working = town.bridge.work({ signal: stop.signal });
    await expect.poll(() => town.net.listeners(), { timeout: 5_000 }).toBe(1);
    const maria = await town.net.persona("maria");
    const { id } = await town.net.say({ by: maria, text: "my acmephone is hot" });
    await expect.poll(() => town.desk.entries.size, { timeout: 5_000 }).toBe(1);
    await town.clock.advance(200_000);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(town.desk.entries.size).toBe(1);
    const where = { post: { account: { channel: "x", id: acme }, id } };
    await town.bridge.answer({ ...where, key: "1", text: "May we help?", side: "public" });
    await town.clock.advance(5_000);
    await new Promise((resolve) => setTimeout(resolve, 200));
    stop.abort();
    await working;
    expect((await town.net.state()).posts.filter(({ by }) => by === acme)).toEqual([]);
    const talk = await town.talk(id);
    expect(talk.conversation).toMatchObject({ public: { overheard: true }, department: { name: "press" } });
    expect(town.bridge.explain(talk)).toContain("spoke to nobody at the brand");
  });

  test("that X does not let the app do is an alarm; the stream of activity goes on", async () => {
    const at = await ground({ hostile: { indexLagMs: 0 } });
    await using sandbox = at.sandbox;
    const { accounts, ...options } = sandbox.options();
    const stop = new AbortController();
    const alarms: string[] = [];
    const keys: string[] = [];
    // Rules of another tool fill the app's thousand.
    const { v2 } = sandbox.client({ id: "app" });
    const full = Array.from({ length: 1_000 }, (_, n) => ({ value: `(word${n})` }));
    await v2.post("tweets/search/stream/rules", { add: full }, { fullResponse: true });
    const keyed = accounts.map((one) => ({ ...one, keywords: ["acmephone"] }));
    const channel = x({ ...options, accounts: keyed, stream: true });
    for await (const _page of channel.since?.(at.account, {}, at.kit()) ?? []);
    const run = (async () => {
      for await (const found of channel.listen?.(at.kit({ signal: stop.signal })) ?? []) {
        alarms.push(...found.alarms);
        keys.push(...found.events.map(({ key }) => key));
      }
    })();
    await expect.poll(() => alarms.length).toBe(1);
    expect(alarms[0]).toContain("words are not listened for by a stream, and searched for every minute");
    const maria = await sandbox.persona("maria");
    const { id } = await sandbox.say({ by: maria, text: "@AcmeHelp hello" });
    await expect.poll(() => keys).toContain(`x/${acme}/post/${id}`);
    stop.abort();
    await run;
  });
});
