import { setImmediate as turn } from "node:timers/promises";
import { type Bridge, createBridge } from "casethread";
import { facebook } from "casethread/facebook";
import { createFacebookNetwork } from "casethread/facebook/sandbox";
import { createClock } from "casethread/sandbox";
import { sqlite } from "casethread/sqlite";
import { expect, it } from "vitest";
import { around, createFuse, type Fault, type Fuse } from "../../crash/fuse.ts";
import { shapes, wrapped } from "../../crash/wrap.ts";
import { createDesk, deskCrm } from "../../made-up/desk.ts";
import { acme, appSecret, verifyToken } from "./subject.ts";

/** A comment is answered in private, she writes back and is answered: with one call of a contract failing. The answer is every broken law. */
const play = async (fuse: Fuse): Promise<readonly string[]> => {
  const clock = createClock({ still: true, start: 1_795_000_000_000 });
  const desk = createDesk(clock.now);
  const store = sqlite({ file: ":memory:", durable: false, clock });
  let bridge: Bridge;
  const net = await createFacebookNetwork({
    clock,
    seed: 3,
    app: { id: "5550001", secret: appSecret, verifyToken },
    pages: [{ id: acme, name: "Acme" }],
    hostile: { lateAnswers: 0, indexLagMs: 200, echoFirst: 0.5, doubleRate: 0.3, reorder: false },
    deliver: (request) => bridge.fetch(request),
  });
  let stop = new AbortController();
  let worked: Promise<unknown> = Promise.resolve();
  const start = (): void => {
    fuse.life += 1;
    const burning = around(fuse);
    stop = new AbortController();
    const { signal } = stop;
    bridge = createBridge({
      channels: [
        wrapped(
          facebook({
            ...net.options(),
            client: (page, token) => net.client(page, token),
            unknown: { quietMs: 500, reads: [500, 500] },
          }),
          "channel",
          shapes.channel,
          burning,
        ),
      ],
      crm: { ...deskCrm(desk), pollMs: 1_000 },
      store: wrapped(store, "store", shapes.store, burning),
      clock,
    });
    const run = async (): Promise<void> => {
      while (!signal.aborted) await bridge.work({ signal }).catch(() => clock.sleep(1_000, signal));
    };
    worked = run();
  };
  const drive = async (wanted?: Promise<unknown>): Promise<void> => {
    const ended = { over: false };
    wanted?.then(
      () => (ended.over = true),
      () => (ended.over = true),
    );
    for (let calm = 0; !ended.over;) {
      await turn();
      calm = fuse.underWay === 0 ? calm + 1 : 0;
      if (calm < 4) continue;
      if (wanted === undefined) return;
      await clock.advance(500);
      calm = 0;
    }
  };
  const settle = async (): Promise<void> => {
    for (let still = 0; still < 4;) {
      await drive();
      if (fuse.dead === fuse.life) {
        stop.abort();
        await drive(worked);
        start();
      }
      const { lanes } = await store.census();
      const { deliveries } = await net.state();
      const told = await store.unit((one) => one.note("cursor/crm/desk").read());
      const busy =
        lanes.some(({ due, waiting }) => due + waiting > 0) ||
        deliveries.pending + deliveries.waiting > 0 ||
        Number(told ?? -1) !== desk.newest();
      still = busy ? 0 : still + 1;
      await clock.advance(Math.min(60_000, busy ? 2_000 : 1_000));
    }
  };
  start();
  for (let connected = false; !connected;) {
    await settle();
    const connecting = net.connect({ url: "http://bridge.test/facebook" }).then(
      () => true,
      () => false,
    );
    await drive(connecting);
    connected = await connecting;
  }
  await settle();
  const maria = await net.persona("Maria Keller");
  const post = await net.post({ by: acme, page: acme, text: "news" });
  const comment = await net.comment({ by: maria, under: post.id, text: "lost! nonce-1" });
  await settle();
  const [key = ""] = desk.cases.keys();
  if (key === "") return ["no case was opened"];
  desk.answer(key, "Which order? nonce-2", "private");
  await settle();
  await net.message({ by: maria, page: acme, text: "4711 nonce-3" });
  await settle();
  desk.answer(key, "Found it. nonce-4", "private");
  await settle();

  const laws: string[] = [];
  const law = (holds: boolean, broken: string): void => void (holds ? 0 : laws.push(broken));
  const { letters, requests } = await net.state();
  const parked = await store.parked();
  law(desk.cases.size === 1, `${desk.cases.size} cases`);
  for (const mark of ["nonce-2", "nonce-4"]) {
    const said = letters.filter(({ ours, text }) => ours && text.includes(mark)).length;
    const waits = parked.filter(({ entry }) => entry?.text?.includes(mark) === true).length;
    law(said <= 1, `${mark} was said ${said} times`);
    law(said === 1 || waits === 1, `${mark} was said ${said} times, and ${waits} wait`);
    if (mark === "nonce-4") {
      const asked = requests.filter(
        ({ path, body }) => path.endsWith("/messages") && JSON.stringify(body).includes(mark),
      );
      law(asked.length <= 1, `${mark} was asked for ${asked.length} times`);
    }
  }
  for (const mark of ["nonce-1", "nonce-3"]) {
    const entered = [...desk.entries.values()].filter(({ text }) => text?.includes(mark) === true).length;
    law(entered === 1, `${mark} is on the case ${entered} times`);
  }
  const talk = await store.unit((one) => one.load(key as never));
  law(talk?.personas.length === 2, `${talk?.personas.length} names of hers are known`);
  law(comment.page === acme, "the story was played elsewhere");
  stop.abort();
  await drive(worked);
  await net[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
  return laws;
};

// Every so manieth call: the whole matrix, on a network of its own, is played in test/crash.
const every = 7;
const modes: readonly (readonly [Fault["mode"], Fault["when"]])[] = [
  ["crash", "before"],
  ["crash", "after"],
  ["error", "after"],
];

it.for(modes)("survives a %s %s a call of the channel and the store", { timeout: 240_000 }, async ([mode, when]) => {
  const whole = createFuse({ at: 0, when, mode });
  expect(await play(whole)).toEqual([]);
  expect([...whole.seen]).toEqual(
    expect.arrayContaining(["channel.perform", "channel.read", "channel.since", "store.sending"]),
  );
  const failures: string[] = [];
  for (let at = 1; at <= whole.count; at += every) {
    const fuse = createFuse({ at, when, mode });
    const laws = await play(fuse).catch((thrown: unknown) => [`it stopped: ${String(thrown)}`]);
    if (laws.length > 0) failures.push(`${fuse.blown ?? `call ${at}, never reached`}: ${laws.join("; ")}`);
  }
  console.log(`${mode} ${when}: ${Math.ceil(whole.count / every)} of ${whole.count} calls`);
  expect(failures).toEqual([]);
});
