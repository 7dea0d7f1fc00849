import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Channel, createBridge, type Crm, type Store } from "casethread";
import { createClock, type SandboxClock } from "casethread/sandbox";
import { sqlite } from "casethread/sqlite";
import { createDesk, type Desk, deskCrm } from "../made-up/desk.ts";
import { createPark, type Park, parkChannel } from "../made-up/park.ts";
import { type Fuse, fused, type Kinds } from "./fuse.ts";

const unitCalls: Kinds<Record<string, unknown>> = Object.fromEntries(
  ["first", "find", "load", "persona", "pauses", "drafts", "entries", "at", "evidence", "keep", "raw", "privately"].map((name) => [name, "call"]),
);
const storeCalls: Kinds<Store> = {
  unit: "call",
  lease: "call",
  sending: "call",
  settle: "call",
  doors: "call",
  due: "call",
  nextDue: "call",
  working: "call",
  recovered: "call",
  migrate: "call",
};
const channelCalls: Kinds<Channel> = { read: "call", perform: "call", mark: "call", landed: "call" };
const crmCalls: Kinds<Crm> = { write: "call", since: "pages" };

/** What stands when the story is over. */
export interface Ending {
  readonly park: Park;
  readonly desk: Desk;
  readonly parked: number;
  readonly open: number;
  readonly held: number;
  readonly said: readonly string[];
}

interface Stage {
  readonly park: Park;
  readonly desk: Desk;
  readonly clock: SandboxClock;
  readonly file: string;
  readonly fuse: Fuse;
}

/** One process: a bridge on the file, its contracts wrapped until the fuse has blown as a crash. */
const start = ({ park, desk, clock, file, fuse }: Stage, whole: boolean) => {
  const bare = sqlite({ file, durable: false, clock });
  const inside = (unit: object): object => fused(unit as Record<string, unknown>, "unit", unitCalls, fuse);
  const store = whole ? bare : fused(bare, "store", storeCalls, fuse, inside);
  const channel = parkChannel(park);
  const crm = deskCrm(desk);
  const bridge = createBridge({
    channels: [whole ? channel : fused(channel, "channel", channelCalls, fuse)],
    crm: whole ? crm : fused(crm, "crm", crmCalls, fuse),
    policy: { words: { closing: ({ greeting }) => `Glad it is sorted, ${greeting}.` } },
    store,
    clock,
  });
  return { bridge, bare };
};

const dead = (fuse: Fuse): boolean => fuse.mode === "crash" && fuse.blown !== undefined;

/** Waits for work on a clock that stands still: time passes only when nothing else does. */
const attended = async (work: Promise<unknown>, { clock, fuse }: Stage): Promise<void> => {
  let over = false;
  void work.finally(() => {
    over = true;
  });
  for (let calm = 0, count = fuse.count; !over; calm = count === fuse.count ? calm + 1 : 0, count = fuse.count) {
    await new Promise((resolve) => setImmediate(resolve));
    if (calm > 20) await clock.advance(500);
  }
};

/** Plays the story of one post with a fuse in it, restarting the process when it died, until nothing is due any more. */
export const play = async (fuse: Fuse): Promise<Ending> => {
  const folder = mkdtempSync(join(tmpdir(), "casethread-crash-"));
  const clock = createClock({ still: true, start: 1_750_000_000_000 });
  const park = createPark(clock.now);
  const desk = createDesk(clock.now);
  const stage: Stage = { park, desk, clock, file: join(folder, "story.db"), fuse };
  let process = start(stage, false);
  let restarted = false;

  const revive = async (): Promise<void> => {
    if (!dead(fuse) || restarted) return;
    await process.bare[Symbol.asyncDispose]();
    process = start(stage, true);
    restarted = true;
  };
  const deliver = async (): Promise<void> => {
    for (const request of park.pending()) {
      // The network tells again what was not answered with 200.
      for (let tries = 0; tries < 5; tries++) {
        const again = request.clone();
        if ((await process.bridge.fetch(again)).status === 200) break;
        await revive();
      }
    }
  };
  const settle = async (): Promise<void> => {
    // A source that failed to answer is asked again after a while: three calm rounds, some seconds apart.
    for (let rounds = 0, calm = 0; rounds < 60 && calm < 3; rounds++) {
      const before = park.words.size + desk.writes.length;
      await deliver();
      await attended(process.bridge.work({ until: "idle", forMs: 60_000 }).catch(() => undefined), stage);
      await revive();
      const next = await process.bare.nextDue();
      const still = park.words.size + desk.writes.length === before;
      calm = still && next === undefined ? calm + 1 : 0;
      await clock.advance(Math.max(1_000, Math.min((next ?? 0) - clock.now(), 120_000)));
    }
  };

  try {
    const post = park.say("maria", "My coffee was cold, kiosk! nonce-1");
    await settle();
    const key = [...desk.cases.keys()][0] ?? "";
    desk.answer(key, "So sorry! Tell us more on the bench. nonce-2", "public");
    await settle();
    const talk = await process.bridge.conversation({ post: { account: { channel: "park", id: "kiosk" }, id: post.id } }).catch(() => undefined);
    await revive();
    park.whisper("maria", `It was order 44871. nonce-3 ${talk?.conversation.invite?.token ?? ""}`);
    await settle();
    desk.answer(key, "A new coffee is on its way. nonce-4");
    await settle();
    desk.close(key);
    await settle();
    const { lanes, drafts } = await process.bare.census();
    return {
      park,
      desk,
      parked: (await process.bare.parked()).length,
      open: lanes.reduce((sum, lane) => sum + lane.due + lane.waiting, 0),
      held: drafts,
      said: [...park.words.values()].map((word) => word.text),
    };
  } finally {
    await Promise.resolve(process.bridge[Symbol.asyncDispose]()).catch(() => undefined);
    await Promise.resolve(process.bare[Symbol.asyncDispose]()).catch(() => undefined);
    rmSync(folder, { recursive: true, force: true });
  }
};

const nonces = ["nonce-1", "nonce-2", "nonce-3", "nonce-4"];

/** Which laws an ending breaks. */
export const broken = (ending: Ending, fuse: Fuse): readonly string[] => {
  const { park, desk, parked, open } = ending;
  const laws: string[] = [];
  const texts = [...desk.entries.values()].map((entry) => entry.text ?? "");
  const requests = park.requests.map((request) => request.text);
  // One act whose outcome the injected fault hid may wait for a person; its words may then be missing on the feed.
  const hidden = fuse.blown === undefined ? 0 : 1;
  if (desk.cases.size !== 1) laws.push(`${desk.cases.size} cases instead of one`);
  for (const nonce of nonces) {
    const entered = texts.filter((text) => text.includes(nonce)).length;
    if (entered !== 1) laws.push(`${nonce} is on the case ${entered} times`);
    const asked = requests.filter((text) => text.includes(nonce)).length;
    if (asked > 1) laws.push(`${nonce} was requested ${asked} times`);
  }
  const closings = requests.filter((text) => text.startsWith("Glad")).length;
  if (closings > 1) laws.push(`the closing word was requested ${closings} times`);
  const spoken = requests.length;
  if (spoken + parked < 3) laws.push(`only ${spoken} of 3 words were requested and ${parked} parked`);
  if (parked > hidden) laws.push(`${parked} parked with ${hidden} cause`);
  if (open > 0) laws.push(`${open} effects have no end`);
  return laws;
};
