import { describe, expect, test } from "vitest";
import { acme } from "./subject.ts";
import { createTown, type Town } from "./town.ts";

const at = (post: string) => ({ post: { account: { channel: "facebook", id: acme }, id: post } });
/** Some 50 letters a sentence. */
const long = (letters: number): string =>
  Array.from({ length: Math.ceil(letters / 50) }, (_, n) =>
    `Sentence number ${n + 1} of a very long answer`.padEnd(48, "!"),
  ).join(". ");
const commented = async (town: Town): Promise<string> => {
  const maria = await town.net.persona("Maria Keller");
  const { id } = await town.net.comment({ by: maria, under: town.post, text: "where is my order?" });
  await town.settle();
  return id;
};
const ours = async (town: Town) => (await town.net.state()).letters.filter((one) => one.ours);

describe("a long answer", () => {
  test("in private goes out in numbered parts that Messenger takes, each once, and the agent is told when all are said", async () => {
    await using town = await createTown({ hostile: { doubleRate: 0.5 } });
    const maria = await town.net.persona("Maria Keller");
    const { psid } = await town.net.message({ by: maria, page: acme, text: "hello" });
    await town.settle();
    const where = { persona: { account: { channel: "facebook", id: acme }, space: "psid", id: psid } };
    const text = long(5_000);
    const said = await town.bridge.answer({ ...where, key: "1", text, side: "private" });
    await town.settle();
    const parts = (await ours(town)).map((one) => one.text);
    expect(parts.map((part) => part.slice(-6))).toEqual([" (1/3)", " (2/3)", " (3/3)"]);
    expect(Math.max(...parts.map((part) => part.length))).toBeLessThan(2_000);
    expect(parts.map((part) => part.slice(0, -6)).join(" ")).toBe(text);
    const talk = await town.bridge.conversation(where);
    expect(talk?.entries.filter(({ key }) => key === said.entry).map((one) => [one.state, one.text])).toEqual([
      ["said", text],
    ]);
    expect(talk?.entries).toHaveLength(2);
    expect(await town.bridge.parked()).toEqual([]);
  });

  test("in private comes after the file that goes along, and not around it", async () => {
    await using town = await createTown({ hostile: { doubleRate: 0.5 } });
    const maria = await town.net.persona("Maria Keller");
    const { psid } = await town.net.message({ by: maria, page: acme, text: "hello" });
    await town.settle();
    const where = { persona: { account: { channel: "facebook", id: acme }, space: "psid", id: psid } };
    const file = { kind: "image", url: "https://files.example/1.png", type: "image/png", bytes: 4_711 };
    await town.bridge.answer({ ...where, key: "1", text: long(3_000), side: "private", media: [file] });
    await town.settle();
    expect((await ours(town)).map(({ text, picture }) => picture ?? text.slice(-6))).toEqual([
      file.url,
      " (1/2)",
      " (2/2)",
    ]);
  });

  test("the machine's own words leave room for what says that they are its own", async () => {
    await using town = await createTown();
    const { parts } = town.channel;
    const most = "x".repeat(1_999 - "Automated message: ".length);
    expect(parts?.(most, "private")).toHaveLength(1);
    expect(parts?.(`${most}x`, "private")).toHaveLength(2);
    // Counted as Meta may count: two to a sign beyond the basic plane.
    expect(parts?.("👋".repeat(1_000), "private")).toHaveLength(2);
  });

  test("under a comment the first part carries the invite and the picture, and the others nothing", async () => {
    await using town = await createTown({ hostile: { doubleRate: 0.5 } });
    const comment = await commented(town);
    const picture = { kind: "image", url: "https://files.example/1.png", type: "image/png", bytes: 4_711 };
    await town.bridge.answer({ ...at(comment), key: "1", text: long(9_000), side: "public", media: [picture] });
    await town.settle();
    const said = (await town.net.state()).nodes.filter(({ viaApi }) => viaApi);
    expect(
      said.map(({ text, photo }) => [/\((\d\/\d)\)/.exec(text)?.[1], text.includes("https://m.me/"), photo]),
    ).toEqual([
      ["1/2", true, picture.url],
      ["2/2", false, undefined],
    ]);
    expect(Math.max(...said.map(({ text }) => text.length))).toBeLessThanOrEqual(8_000);
  });

  test("is no private answer to a comment, after which nothing more may be said: it waits until she writes, or is shorter", async () => {
    await using town = await createTown({ hostile: { doubleRate: 0, reorder: false } });
    const comment = await commented(town);
    const text = long(3_000);
    await town.bridge.answer({ ...at(comment), key: "1", text, side: "private" });
    await town.settle();
    const [waiting] = await town.bridge.held();
    expect(waiting?.draft.holds).toEqual([
      { kind: "no-private-side", why: { code: "too-long-for-one-private-answer" } },
    ]);
    expect(await ours(town)).toEqual([]);
    await town.bridge.answer({ ...at(comment), key: "2", text: "Which order?", side: "private" });
    await town.settle();
    expect((await ours(town)).map((one) => one.text)).toEqual(["Which order?"]);
    await town.net.message({ by: "Maria Keller", page: acme, text: "order 4711" });
    await town.settle();
    expect((await ours(town)).map((one) => one.text.slice(-6))).toEqual(["order?", " (1/2)", " (2/2)"]);
    expect(await town.bridge.held()).toEqual([]);
  });
});
