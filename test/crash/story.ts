import type { Bridge } from "casethread";
import type { Fuse } from "./fuse.ts";
import { createWorld, type Ground, inFile, inMemory, type World } from "./world.ts";

/** What is said in the story, each with words of its own. `ours` is to be asked of the network. */
const lines = {
  complaint: { mark: "nonce-1", ours: false },
  apology: { mark: "nonce-2", ours: true },
  number: { mark: "nonce-3", ours: false },
  remedy: { mark: "nonce-4", ours: true },
  notice: { mark: "nonce-5", ours: true },
  thanks: { mark: "nonce-6", ours: false },
  closing: { mark: "Glad it is sorted", ours: true },
} as const;
/** Every so manieth crash is survived by a file; the others by a store in memory. Real processes on a real file are killed in kill.ts. */
const fileEvery = 8;
const typo = "nonce-typo";

/** What stands when the story is over. */
export interface Ending {
  readonly world: World;
  /** Words asked of the network, and acts on the desk, while the bridge only rehearsed. */
  readonly rehearsed: number;
  /** Did the silence keep everything in? */
  readonly leaked: number;
  readonly settled: boolean;
}

const account = { channel: "park", id: "kiosk" };

/** A customer complains while the bridge only rehearses, is answered, writes in private, is answered there; the brand falls silent, speaks again, and the case is closed. */
const tell = async (world: World): Promise<Ending> => {
  const { park, desk } = world;
  let settled = true;
  const settle = async (): Promise<void> => {
    settled = (await world.settle()) && settled;
  };
  const by = async (act: (bridge: Bridge) => Promise<unknown>): Promise<void> => void (await world.insist(act));

  const post = park.say("maria", `My coffee was cold, kiosk! ${lines.complaint.mark}`);
  await settle();
  const rehearsed = park.requests.length + desk.writes.length;
  await world.restart("all");
  await settle();

  // The network does what it is asked, and its answer is lost: its own telling of the words is the receipt.
  const [key = ""] = desk.cases.keys();
  park.faults.push("lost");
  desk.answer(key, `So sorry! Tell us more on the bench. ${lines.apology.mark}`, "public");
  await settle();

  const where = { post: { account, id: post.id } };
  const talk = await world.insist((bridge) => bridge.conversation(where));
  park.whisper("maria", `It was order 44871. ${lines.number.mark} ${talk?.conversation.invite?.token ?? ""}`);
  await settle();

  desk.answer(key, `A new coffee is on its way. ${lines.remedy.mark}`);
  await settle();

  const silence = await world.insist((bridge) => bridge.pause({ account, side: "public", reason: "a storm" }));
  const words = { ...where, key: "notice", side: "public" } as const;
  await by((bridge) => bridge.answer({ ...words, text: `We look into it. ${typo}` }));
  await by((bridge) => bridge.answer({ ...words, text: `We look into it. ${lines.notice.mark}`, version: 2 }));
  await settle();
  const leaked = park.requests.filter(({ text }) => text.includes("We look into it")).length;
  for (const id of await world.insist(async (bridge) => (await bridge.health()).pauses.map((one) => one.id))) {
    // A second try after a lost answer finds it lifted already.
    await by((bridge) => bridge.resume(id).catch((thrown: unknown) => ended(bridge, id, thrown)));
  }
  await settle();
  for (const { draft } of await world.insist((bridge) => bridge.held())) {
    // Its words leave, and neither an answer nor the network's telling comes back: they are looked for.
    park.faults.push("lost");
    await by((bridge) => bridge.release({ key: `yes-${silence.id}`, draft: draft.entry }));
    await world.forget();
  }
  await settle();

  park.say("maria", `Thank you, kiosk! ${lines.thanks.mark}`, post.id);
  await settle();
  desk.close(key);
  await settle();
  return { world, rehearsed, leaked, settled };
};

const ended = async (bridge: Bridge, id: string, thrown: unknown): Promise<void> => {
  if ((await bridge.health()).pauses.some((one) => one.id === id)) throw thrown;
};

/** Plays the story with a fuse in it, a new process taking over when one died, until nothing is due any more; says which laws are broken. */
export const play = async (fuse: Fuse, ground?: Ground): Promise<readonly string[]> => {
  // Opening and closing a file takes longer than the story does.
  const own = ground ?? (fuse.mode === "crash" && fuse.at % fileEvery === 0 ? inFile() : inMemory());
  await using world = createWorld(fuse, "none", own);
  return await broken(await tell(world), fuse);
};

/** Which laws an ending breaks. */
const broken = async ({ world, rehearsed, leaked, settled }: Ending, fuse: Fuse): Promise<readonly string[]> => {
  const { park, desk, store } = world;
  const laws: string[] = [];
  const law = (kept: boolean, sentence: string): void => {
    if (!kept) laws.push(sentence);
  };
  const parked = await store.parked();
  const { drafts, lanes, raw } = await store.census();
  const open = lanes.reduce((sum, lane) => sum + lane.due + lane.waiting, 0);
  const texts = [...desk.entries.values()].map((entry) => entry.text ?? "");

  law(settled, "it did not settle");
  law(desk.cases.size === 1, `${desk.cases.size} cases instead of one`);
  law(rehearsed === 0, `${rehearsed} acts in a rehearsal`);
  law(leaked === 0, `${leaked} words left during the pause`);
  law(open === 0, `${open} effects have no end`);
  law(drafts === 0, `${drafts} drafts are still held`);
  law(raw === 0, `${raw} events could not be decided`);
  law(!park.requests.some(({ text }) => text.includes(typo)), "words that were taken back were requested");
  for (const [name, { mark, ours }] of Object.entries(lines)) {
    const entered = texts.filter((text) => text.includes(mark)).length;
    const asked = park.requests.filter(({ text }) => text.includes(mark)).length;
    const waits = parked.filter(({ entry }) => entry?.text?.includes(mark) === true).length;
    const must = name === "closing" ? 1 - waits : 1;
    law(entered === must, `the ${name} is on the case ${entered} times`);
    // This network shows at once what it was asked: words that wait for a person are words it never was asked for.
    if (ours) law(asked + waits === 1, `the ${name} was requested ${asked} times and waits ${waits} times`);
    else law(asked === 0, `the ${name} was requested ${asked} times`);
  }
  for (const { effect, why, sent } of parked) {
    const caused = fuse.blown !== undefined && sent !== undefined && why.code === "may-have-gone-out";
    law(caused, `${effect.key} is parked without a cause: ${why.code}`);
  }
  law(parked.length <= (fuse.blown === undefined ? 0 : 1), `${parked.length} acts are parked`);
  return laws;
};
