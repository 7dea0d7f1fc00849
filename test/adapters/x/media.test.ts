import { describe, expect, test } from "vitest";
import type { ChannelTask, Media } from "casethread/adapter";
import { createFetchFile, fileAgent } from "../../../adapters/x/file.ts";
import { acme, type Ground, ground, messageTask, replyTask } from "./subject.ts";
import { createTown, type Town } from "./town.ts";

const picture: Media = {
  kind: "image",
  url: "https://shop.example/files/2500000.png",
  type: "image/png",
  bytes: 2_500_000,
};
const small: Media = { kind: "image", url: "https://shop.example/files/900.png", type: "image/png", bytes: 900 };
const video: Media = { kind: "video", url: "https://shop.example/files/1000.mp4", type: "video/mp4", bytes: 1_000 };
const post = (id: string) => ({ post: { account: { channel: "x", id: acme }, id } });
const maria = "maria";
// X is on a socket, so that files are fetched where it is; the bridge asks it in process.
const town = (over: Parameters<typeof createTown>[0] = {}): Promise<Town> =>
  createTown({ hostile: { doubleRate: 0 }, sandbox: { listen: true }, ...over });

const talking = async ({ net, settle }: Town) => {
  const by = await net.persona(maria);
  await net.dm({ by, to: acme, text: "hello" });
  await settle();
  return { persona: { account: { channel: "x", id: acme }, space: "user", id: by.id } };
};
const uploads = async ({ net }: Pick<Town, "net">): Promise<readonly string[]> =>
  (await net.state()).requests.flatMap(({ path }) =>
    path.startsWith("/2/media/upload") ? [path.split("/").at(-1) ?? ""] : [],
  );
const asked = async (there: Town): Promise<string> => {
  const by = await there.net.persona(maria);
  const { id } = await there.net.say({ by, text: "@AcmeHelp which one?" });
  await there.settle();
  return id;
};

describe("files in an agent's answer", () => {
  test("in private: words and a picture in one message, in pieces, once; its echo is no second entry", async () => {
    await using there = await town({ hostile: { doubleRate: 0.5, echoFirst: 1 } });
    const where = await talking(there);
    await there.bridge.answer({ ...where, key: "1", text: "Here is your label", media: [picture] });
    await there.bridge.answer({ ...where, key: "1", text: "Here is your label", media: [picture] });
    await there.pass(5_000);
    const ours = (await there.net.state()).dms.filter(({ from }) => from === acme);
    expect(ours).toHaveLength(1);
    expect(ours[0]).toMatchObject({ text: expect.stringContaining("Here is your label https://"), picture: /^\d+$/ });
    expect(await uploads(there)).toEqual(["initialize", "append", "append", "append", "finalize"]);
    const talk = await there.bridge.conversation(where);
    expect(talk?.entries.map(({ text, media, state }) => [text, media?.[0]?.url, state])).toEqual([
      ["hello", undefined, "said"],
      ["Here is your label", picture.url, "said"],
    ]);
  });

  test("a picture without words, whose answer was lost, is found again and not sent twice", async () => {
    await using there = await town({ hostile: { doubleRate: 0, echoFirst: 0 } });
    const where = await talking(there);
    await there.net.inject({ fault: "lost-response" });
    await there.net.inject({ fault: "lost-webhook", times: 9 });
    await there.bridge.answer({ ...where, key: "1", text: "", media: [small] });
    await there.pass(30_000);
    expect((await there.net.state()).dms.filter(({ from }) => from === acme)).toHaveLength(1);
    const talk = await there.bridge.conversation(where);
    expect(talk?.entries.map(({ state }) => state)).toEqual(["said", "said"]);
    expect(await there.bridge.parked()).toEqual([]);
  });

  test("in public: up to four pictures; of long words the first part takes them", async () => {
    await using there = await town();
    const id = await asked(there);
    const text = Array.from({ length: 12 }, (_, n) => `This is sentence number ${n + 1} of an answer.`).join(" ");
    await there.bridge.answer({ ...post(id), key: "1", side: "public", text, media: [small, small, small, small] });
    await there.pass(20_000);
    const ours = (await there.net.state()).posts.filter(({ by }) => by === acme);
    expect(ours.map(({ media = [] }) => media.length)).toEqual([4, 0]);
    expect((await there.talk(id)).entries.map(({ state }) => state)).toEqual(["said", "said"]);
  });

  test("a video goes when X is done with it", async () => {
    await using there = await town();
    const where = await talking(there);
    await there.bridge.answer({ ...where, key: "1", text: "Like this", media: [video] });
    await there.pass(1_000);
    expect((await there.net.state()).dms).toHaveLength(1);
    await there.pass(30_000);
    expect((await there.net.state()).dms).toHaveLength(2);
    expect((await uploads(there)).filter((what) => what === "initialize")).toHaveLength(1);
  });

  test.for([
    ["too large", [{ ...picture, bytes: 5_000_001 }], "the network takes 5000000 at most"],
    [
      "of a type X does not take",
      [{ ...picture, type: "application/pdf" }],
      "the network takes no application/pdf here",
    ],
    ["a video beside a picture", [small, video], "the network takes one video/mp4 at a time"],
    ["five", [small, small, small, small, small], "more files than the network takes at once: 4"],
  ] as const)("%s: refused with a sentence, before anything leaves", async ([, media, sentence]) => {
    await using there = await town();
    const id = await asked(there);
    const answer = there.bridge.answer({ ...post(id), key: "1", side: "public", text: "Here", media });
    await expect(answer).rejects.toMatchObject({ fault: "invalid", message: expect.stringContaining(sentence) });
    expect(await uploads(there)).toEqual([]);
  });

  test("that X cannot work with, or that are not what their answer says, end as refused, and nothing is sent", async () => {
    await using there = await town();
    const where = await talking(there);
    await there.net.inject({ fault: "failed-media" });
    await there.bridge.answer({ ...where, key: "1", text: "one", media: [video] });
    await there.bridge.answer({ ...where, key: "2", text: "two", media: [{ ...small, bytes: 901 }] });
    const missing = { ...small, url: "https://shop.example/nowhere.png" };
    await there.bridge.answer({ ...where, key: "3", text: "three", media: [missing] });
    await there.pass(60_000);
    const talk = await there.bridge.conversation(where);
    expect(talk?.entries.map(({ state }) => state)).toEqual(["said", "withdrawn", "withdrawn", "withdrawn"]);
    expect((await there.net.state()).dms).toHaveLength(1);
  });

  test("whose upload is cut is brought again; an act that is tried again finds its file there", async () => {
    await using there = await town({ hostile: { doubleRate: 0, echoFirst: 0 } });
    const where = await talking(there);
    await there.net.inject({ fault: "lost-upload" });
    await there.net.inject({ fault: "429" });
    await there.bridge.answer({ ...where, key: "1", text: "Here", media: [small] });
    await there.pass(120_000);
    expect((await there.net.state()).dms).toHaveLength(2);
    expect(await uploads(there)).toEqual(["initialize", "initialize", "append", "finalize"]);
  });
});

test("a customer's picture is entered, told by a delivery or by a catch-up", async () => {
  await using there = await town();
  const where = await talking(there);
  const url = "https://ton.x.com/i/ton/data/dm/broken.jpg";
  await there.net.dm({ by: maria, to: acme, text: "look", picture: url });
  await there.settle();
  await there.net.inject({ fault: "lost-webhook" });
  await there.net.dm({ by: maria, to: acme, text: "", picture: `${url}?2` });
  await there.pass(240_000);
  const talk = await there.bridge.conversation(where);
  expect(talk?.entries.slice(1).map(({ media }) => media?.[0])).toEqual([
    { kind: "photo", url },
    { kind: "photo", url: `${url}?2` },
  ]);
});

describe("over the real SDK", () => {
  const withFile = (task: ChannelTask, ...media: readonly Media[]): ChannelTask => ({ ...task, media });
  const answer = async (at: Ground, ...media: readonly Media[]): Promise<unknown> => {
    const { id } = await at.sandbox.say({ by: await at.sandbox.persona(maria), text: "@AcmeHelp and?" });
    return at.channel.perform(withFile(replyTask(at.account, id, "This one", at.clock.now()), ...media), at.kit());
  };

  test("a file arrives as it is, in public and in private", async () => {
    const at = await ground({ hostile: { indexLagMs: 0 } });
    await using sandbox = at.sandbox;
    const by = await sandbox.persona(maria);
    await sandbox.dm({ by, to: acme, text: "hello" });
    await answer(at, picture);
    const to = { account: at.account, space: "user", id: by.id };
    const letter = withFile(messageTask(to, "", at.clock.now()), small);
    const receipt = await at.channel.perform(letter, at.kit());
    const { requests } = await sandbox.state();
    const pieces = requests.flatMap(({ path, body }) =>
      path.endsWith("/append") ? [Buffer.from((body as { media: string }).media, "base64")] : [],
    );
    expect(
      Buffer.concat(pieces.slice(0, 3)).equals(
        Buffer.from(Array.from({ length: 2_500_000 }, (_, n) => (n * 167) % 256)),
      ),
    ).toBe(true);
    expect(await at.channel.landed(messageTask(to, "", 0), { attempt: 1, sendBy: 0 }, at.kit())).toMatchObject({
      message: receipt.message,
    });
  });

  test("an address inside this network is not fetched, and neither is what it is redirected to", async () => {
    const at = await ground();
    await using sandbox = at.sandbox;
    const signal = AbortSignal.timeout(5_000);
    const fetchFile = createFetchFile(fileAgent());
    for (const host of [
      sandbox.origin.replace("http://", ""),
      "localhost",
      "[::1]",
      "169.254.169.254",
      "10.0.0.1",
      "0x7f.1",
    ]) {
      const file = { ...small, url: `https://${host}/files/900.png` };
      await expect(fetchFile(file, signal), host).rejects.toMatchObject({
        fault: "invalid",
        message: expect.stringContaining("leads inside this network"),
      });
    }
  });
});
