import { createBridge } from "casethread";
import { createClock } from "casethread/sandbox";
import { salesforce, type SalesforceOptions } from "casethread/salesforce";
import { createSalesforceSandbox, type SalesforceFault } from "casethread/salesforce/sandbox";
import { sqlite } from "casethread/sqlite";
import { expect, it } from "vitest";
import { createFuse, type Fuse } from "../../crash/fuse.ts";
import { createLife, modes, playEvery } from "../../crash/life.ts";
import { shapes, wrapped } from "../../crash/wrap.ts";
import { createPark, parkChannel } from "../../made-up/park.ts";

/** How an org behaves while the story is played. */
interface Weather {
  readonly options?: Partial<SalesforceOptions>;
  readonly rates?: Readonly<Partial<Record<SalesforceFault, number>>>;
  readonly seed?: number;
}

/** Two customers complain, are answered on their cases, one speaks again, and a case is closed: with one call of a contract failing. The answer is every broken law. */
const play = async (fuse: Fuse, { options = {}, rates = {}, seed = 1 }: Weather): Promise<readonly string[]> => {
  const clock = createClock({ still: true, start: 1_795_000_000_000 });
  const park = createPark(clock.now);
  const store = sqlite({ file: ":memory:", durable: false, clock });
  await using org = await createSalesforceSandbox({ clock, seed, listen: false });
  for (const [fault, rate] of Object.entries(rates)) await org.rate(fault as SalesforceFault, rate);
  const life = createLife({
    fuse,
    clock,
    calmTurns: 6,
    open: (burning) => {
      const crm = salesforce({ connection: () => org.connect(), pollMs: 1_000, ...options });
      return createBridge({
        channels: [parkChannel(park)],
        crm: wrapped(crm, "crm", shapes.crm, burning),
        store: wrapped(store, "store", shapes.store, burning),
        clock,
      });
    },
  });
  const { drive } = life;
  /** Opening a bridge takes steps that are no calls of a contract. */
  const ready = (): Promise<void> => drive(life.bridge.health().catch(() => undefined));
  let untold: Request[] = [];
  const settle = async (): Promise<void> => {
    for (let still = 0; still < 4;) {
      await drive();
      if (life.died()) {
        await life.end();
        life.start();
        await ready();
        still = 0;
      }
      untold.push(...park.pending());
      const again: Request[] = [];
      for (const request of untold) {
        const delivering = life.bridge.fetch(request.clone()).then(
          ({ status }) => void (status === 200 ? 0 : again.push(request)),
          () => void again.push(request),
        );
        await drive(delivering);
      }
      untold = again;
      const { lanes } = await store.census();
      const busy = lanes.some(({ due, waiting }) => due + waiting > 0) || untold.length > 0;
      still = busy ? 0 : still + 1;
      await clock.advance(busy ? 20_000 : 1_500);
    }
  };
  life.start();
  await ready();
  await settle();
  const post = park.say("maria", "My parcel is lost! nonce-1");
  park.say("bob", "Mine too! nonce-2");
  await settle();
  const cases = async () => (await org.state()).cases;
  const caseOf = async (mark: string): Promise<string> =>
    (await cases()).find(({ fields }) => JSON.stringify(fields["Subject"]).includes(mark))?.id ?? "";
  const ann = org.agent("Ann");
  await ann.assign(await caseOf("nonce-1"), "Ann");
  const answer = await ann.answer(await caseOf("nonce-1"), { text: "Which one? nonce-3", side: "public" });
  await settle();
  park.say("maria", "The blue one. nonce-4", post.id);
  await settle();
  await ann.close(await caseOf("nonce-2"));
  await settle();
  await org.mend();
  await settle();

  const laws: string[] = [];
  const law = (holds: boolean, broken: string): void => void (holds ? 0 : laws.push(broken));
  const { entries, conversations, personas } = await org.state();
  const all = await cases();
  law(all.length === 2, `${all.length} cases`);
  law(
    conversations.length === 2 && personas.length === 2,
    `${conversations.length} conversations, ${personas.length} personas`,
  );
  for (const one of conversations)
    law(
      all.some(({ id }) => id === one["Case__c"]),
      "a conversation without its case",
    );
  for (const mark of ["nonce-1", "nonce-2", "nonce-3", "nonce-4"]) {
    const entered = entries.filter(({ text }) => text?.includes(mark) === true).length;
    law(entered === 1, `${mark} is on the case ${entered} times`);
  }
  const said = [...park.words.values()].filter(({ text }) => text.includes("nonce-3")).length;
  // Whoever dies or fails between the mark and the call leaves words that may have gone out: a person looks.
  const parked = (await store.parked()).map(({ why }) => why.code);
  const doubtful = fuse.at !== 0 && said === 0 && parked.length === 1 && parked[0] === "may-have-gone-out";
  law(said === 1 || doubtful, `the answer was said ${said} times`);
  const state = entries.find(({ id }) => id === answer)?.state;
  law(state === (doubtful ? "failed" : "sent"), `the answer's state is ${state}`);
  law((await cases()).find(({ owner }) => owner === "Ann") !== undefined, "a case changed hands");
  const bobs = await store.unit((one) => one.load(all.find(({ closed }) => closed)?.key as never));
  law(bobs?.case.stage === "closed", `the closed case is known as ${bobs?.case.stage}`);
  law(doubtful || parked.length === 0, `${parked.join(", ")}: acts wait for a person`);
  await life.end();
  await store[Symbol.asyncDispose]();
  return laws;
};

it.for(modes)("survives a %s %s a call of the CRM and the store", { timeout: 240_000 }, async (mode) => {
  // Some of the calls; every other org chooses owners itself.
  const { seen, failures } = await playEvery(61, mode, (fuse, at) =>
    play(fuse, at % 2 === 0 ? {} : { options: { assignment: true } }),
  );
  expect(seen).toEqual(expect.arrayContaining(["crm.write", "crm.since", "store.settle"]));
  expect(failures).toEqual([]);
});

it(
  "survives an org on its worst days: sessions that end, rows that are locked, answers that are lost",
  { timeout: 240_000 },
  async () => {
    const rates = {
      "expired-session": 0.1,
      "lock-row": 0.1,
      "503": 0.1,
      "timeout-after-commit": 0.15,
      "racing-insert": 0.1,
      "late-commit": 0.3,
    };
    const failures: string[] = [];
    for (let seed = 1; seed <= 12; seed++) {
      const options = { assignment: seed % 2 === 0, ...(seed % 3 === 0 ? { gatherMs: 5_000 } : {}) };
      const laws = await play(createFuse({ at: 0, when: "before", mode: "error" }), { rates, seed, options }).catch(
        (thrown: unknown) => [`it stopped: ${String(thrown)}`],
      );
      if (laws.length > 0) failures.push(`seed ${seed}: ${laws.join("; ")}`);
    }
    expect(failures).toEqual([]);
  },
);
