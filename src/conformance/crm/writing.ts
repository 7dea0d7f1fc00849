import assert from "node:assert/strict";
import { BridgeError } from "../../core/contracts/errors.ts";
import type { Kit } from "../../core/contracts/kit.ts";
import { crmLaw, type CrmLaw, isDone, shows, talkOf, write, written } from "./subject.ts";

/** Writing: by key, in order, newest stands, and nobody pays for another's fault. */
export const writingLaws: readonly CrmLaw[] = [
  crmLaw("an act that is repeated leaves one record", async (subject) => {
    const talk = talkOf(subject);
    const tasks = [talk.open("where is it?"), talk.entry("where is it?"), talk.state({ awaiting: "customer" })];
    const first = await written(subject, tasks);
    const second = await written(subject, tasks);
    await written(
      subject,
      tasks.map((task) => ({ ...task, attempt: 3 })),
    );
    await shows(subject, talk, ["where is it?"]);
    assert(first[0]?.case?.id !== undefined, "the receipt of an open names no case");
    assert(first[0]?.case?.id === second[0]?.case?.id, "the same open came to two cases");
  }),
  crmLaw("one key, one case, under 20 racers", async (subject) => {
    const talk = talkOf(subject);
    const open = talk.open("twenty of us");
    let open20 = Array.from({ length: 20 }, () => open);
    const ids = new Set<string>();
    for (let round = 0; open20.length > 0 && round < 5; round += 1) {
      const outcomes = (await Promise.all(open20.map((task) => write(subject, [task])))).flat();
      for (const outcome of outcomes) if (isDone(outcome) && outcome.case !== undefined) ids.add(outcome.case.id);
      open20 = open20.slice(0, outcomes.filter((outcome) => !isDone(outcome)).length);
    }
    assert(open20.length === 0, `${open20.length} racers never arrived`);
    assert(ids.size === 1, `the racers were told of ${ids.size} cases`);
    await shows(subject, talk, []);
  }),
  crmLaw("what stands behind a failed act fails with it, and other conversations do not notice", async (subject) => {
    const [talk, other] = [talkOf(subject), talkOf(subject)];
    const bad = `forbidden ${subject.fresh()}`;
    await subject.trouble.refuse(bad);
    const tasks = [
      talk.open("first", { fields: { awaiting: "us" } }),
      other.open("hello"),
      talk.entry("first"),
      talk.entry(bad),
      other.entry("hello"),
      talk.entry("third"),
      talk.state({ awaiting: "customer" }),
    ];
    const outcomes = await write(subject, tasks);
    assert.deepEqual(outcomes.map(isDone), [true, true, true, false, true, false, false], "who is done");
    for (const outcome of outcomes.slice(5)) {
      assert(
        outcome instanceof BridgeError && outcome.landed === "no",
        "an act behind a failed one says that it may have landed",
      );
    }
    const guilty = outcomes[3];
    assert(guilty instanceof BridgeError && guilty.landed === "no", "a refused act says that it may have landed");
    await shows(subject, other, ["hello"]);
    const look = await shows(subject, talk, ["first"]);
    assert(look.awaiting === "us", `the state behind the failed act was written: ${look.awaiting ?? "nothing"}`);
    await subject.trouble.mend();
    await written(
      subject,
      [3, 5, 6].flatMap((at) => tasks[at] ?? []),
    );
    const after = await shows(subject, talk, ["first", bad, "third"]);
    assert(after.awaiting === "customer", "the state was not written when its turn came");
  }),
  crmLaw("an older write never overwrites a newer one, however late", async (subject) => {
    const talk = talkOf(subject);
    const [open, first] = [talk.open("v1"), talk.entry("v1")];
    const key = first.entry?.key;
    if (key === undefined) throw new Error("an entry was to be made");
    const older = talk.state({ awaiting: "us" });
    const edited = talk.entry("v2", { key, version: 2 });
    const newer = talk.state({ awaiting: "nobody" });
    await written(subject, [open, first]);
    await written(subject, [edited, newer]);
    await written(subject, [first, older]);
    const look = await shows(subject, talk, ["v2"]);
    assert(look.awaiting === "nobody", `an older state overwrote a newer one: ${look.awaiting ?? "nothing"}`);
  }),
  crmLaw("of two states in one batch the newer stands", async (subject) => {
    const talk = talkOf(subject);
    await written(subject, [
      talk.open("hi"),
      talk.state({ awaiting: "customer" }, 50),
      talk.state({ awaiting: "us" }, 20),
    ]);
    const look = await shows(subject, talk, []);
    assert(look.awaiting === "customer", `awaiting is ${look.awaiting ?? "nothing"}`);
  }),
  crmLaw("a call refused as a whole is split until only the guilty act fails", async (subject) => {
    const bad = `unreadable ${subject.fresh()}`;
    await subject.trouble.poison(bad);
    const talks = Array.from({ length: 8 }, () => talkOf(subject));
    const tasks = talks.flatMap((talk, at) => [talk.open(`case ${at}`), talk.entry(at === 5 ? bad : `case ${at}`)]);
    const outcomes = await write(subject, tasks);
    const failed = outcomes.flatMap((outcome, at) => (isDone(outcome) ? [] : [at]));
    assert.deepEqual(failed, [11]);
    for (const [at, talk] of talks.entries()) await shows(subject, talk, at === 5 ? [] : [`case ${at}`]);
  }),
  crmLaw("a lost answer is an unknown outcome, and repeating changes nothing", async (subject) => {
    const talk = talkOf(subject);
    const tasks = [talk.open("lost"), talk.entry("lost")];
    await subject.trouble.lose();
    const [lost, behind] = await write(subject, tasks);
    assert(lost instanceof BridgeError && lost.landed === "unknown", `a lost answer came to ${JSON.stringify(lost)}`);
    assert(behind instanceof BridgeError, "what stands behind a lost answer is done");
    // It went along and may be there; or each act is a call of its own, and this one was not made.
    const { entries } = await subject.look(talk.key);
    assert(behind.landed === "unknown" || entries.length === 0, "it is there, and is said not to have landed");
    await written(
      subject,
      tasks.map((task) => ({ ...task, attempt: 2 })),
    );
    await shows(subject, talk, ["lost"]);
  }),
  crmLaw("nothing leaves once the send window is over", async (subject) => {
    const talk = talkOf(subject);
    const kit: Kit = {
      ...subject.kit(),
      depart: () => {
        throw new BridgeError("The send window is over.", { fault: "unavailable", adapter: "test", landed: "no" });
      },
    };
    const [outcome] = await subject.crm.write([talk.open("too late")], kit);
    assert(
      outcome instanceof BridgeError && outcome.landed === "no",
      `an act that may not leave came to ${JSON.stringify(outcome)}`,
    );
    const look = await subject.look(talk.key);
    assert(look.cases === 0, "an act left after its window");
  }),
  crmLaw("an abort settles promptly", async (subject) => {
    await subject.trouble.stall();
    const stop = new AbortController();
    const began = performance.now();
    const writing = subject.crm.write([talkOf(subject).open("wait")], subject.kit(stop.signal));
    setTimeout(() => stop.abort(), 20);
    const [outcome] = await writing;
    const took = performance.now() - began;
    assert(outcome instanceof BridgeError, "an aborted write came to a receipt");
    assert(took < 1_000, `an abort took ${Math.round(took)} ms to settle`);
  }),
  crmLaw("no error carries a secret", async (subject) => {
    const errors: unknown[] = [];
    const bad = `forbidden ${subject.fresh()}`;
    const { trouble } = subject;
    const troubles = [() => trouble.away(), () => trouble.lose(), () => trouble.refuse(bad), () => trouble.poison(bad)];
    for (const order of troubles) {
      await order();
      const talk = talkOf(subject);
      errors.push(...(await write(subject, [talk.open(bad), talk.entry(bad)])).filter((outcome) => !isDone(outcome)));
      await trouble.mend();
    }
    assert(errors.length >= 4, `only ${errors.length} errors were seen`);
    const seen = new Set<unknown>();
    const texts: string[] = [];
    const gather = (value: unknown): void => {
      if (typeof value === "string") texts.push(value);
      if (typeof value !== "object" || value === null || seen.has(value)) return;
      seen.add(value);
      for (const name of Object.getOwnPropertyNames(value)) gather((value as Readonly<Record<string, unknown>>)[name]);
    };
    gather(errors);
    for (const secret of subject.secrets)
      assert(!texts.some((text) => text.includes(secret)), "an error carries a secret");
  }),
];
