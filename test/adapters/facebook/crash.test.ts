import { type Bridge, createBridge } from "casethread";
import { facebook } from "casethread/facebook";
import { createFacebookNetwork } from "casethread/facebook/sandbox";
import { createClock } from "casethread/sandbox";
import { sqlite } from "casethread/sqlite";
import { expect, it } from "vitest";
import type { Fuse } from "../../crash/fuse.ts";
import { createLife, modes, playEvery } from "../../crash/life.ts";
import { type Around, shapes, wrapped } from "../../crash/wrap.ts";
import { createDesk, deskCrm } from "../../made-up/desk.ts";
import { acme, appSecret, verifyToken } from "./subject.ts";

/** A comment is answered in private, she writes back and is answered: with one call of a contract failing. The answer is every broken law. */
const play = async (fuse: Fuse): Promise<readonly string[]> => {
  const clock = createClock({ still: true, start: 1_795_000_000_000 });
  const desk = createDesk(clock.now);
  const store = sqlite({ file: ":memory:", durable: false, clock });
  const net = await createFacebookNetwork({
    clock,
    seed: 3,
    app: { id: "5550001", secret: appSecret, verifyToken },
    pages: [{ id: acme, name: "Acme" }],
    hostile: { lateAnswers: 0, indexLagMs: 200, echoFirst: 0.5, doubleRate: 0.3, reorder: false },
    deliver: (request) => life.bridge.fetch(request),
  });
  const open = (burning: Around): Bridge => {
    const channel = facebook({
      ...net.options(),
      client: (page, token) => net.client(page, token),
      unknown: { quietMs: 500, reads: [500, 500] },
    });
    return createBridge({
      channels: [wrapped(channel, "channel", shapes.channel, burning)],
      crm: { ...deskCrm(desk), pollMs: 1_000 },
      store: wrapped(store, "store", shapes.store, burning),
      clock,
    });
  };
  const life = createLife({ fuse, clock, open });
  const { drive } = life;
  const settle = async (): Promise<void> => {
    for (let still = 0; still < 4;) {
      await drive();
      if (life.died()) {
        await life.end();
        life.start();
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
  life.start();
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
  await life.end();
  await net[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
  return laws;
};

it.for(modes)("survives a %s %s a call of the channel and the store", { timeout: 240_000 }, async (mode) => {
  const { seen, failures } = await playEvery(28, mode, play);
  expect(seen).toEqual(expect.arrayContaining(["channel.perform", "channel.read", "channel.since", "store.sending"]));
  expect(failures).toEqual([]);
});
