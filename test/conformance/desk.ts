import type { Kit } from "casethread/adapter";
import type { CrmSubject } from "casethread/conformance";
import { createClock } from "casethread/sandbox";
import { createDesk, deskCrm } from "../made-up/desk.ts";

/** The desk, enrolled for the laws of CRMs. It has no password, so there is no secret to tell. */
export const deskSubject = (): CrmSubject => {
  const clock = createClock();
  const desk = createDesk(clock.now, { lawful: true });
  const kit = (signal: AbortSignal = new AbortController().signal): Kit => ({
    signal,
    now: clock.now,
    note: () => {
      throw new Error("the desk keeps no notes");
    },
    depart: () => undefined,
  });
  let names = 0;
  return {
    crm: deskCrm(desk),
    kit,
    fresh: () => `law-${(names += 1)}`,
    look: async (key) => {
      const one = desk.cases.get(key);
      const { awaiting } = one?.fields ?? {};
      const ours = [...desk.entries.values()].filter((entry) => entry.case === key && !entry.key.startsWith("desk/"));
      return {
        cases: [...desk.cases.values()].filter((other) => other.key === key).length,
        ...(one === undefined ? {} : { closed: one.closed }),
        ...(awaiting === undefined ? {} : { awaiting }),
        entries: ours.toSorted((a, b) => a.at - b.at).map(({ text }) => ({ text })),
      };
    },
    agent: {
      answer: async (key, { text, side }) => desk.answer(key, text, side),
      edit: async (answer, text) => desk.edit(answer, text),
      close: async (key) => desk.close(key),
      reopen: async (key) => desk.reopen(key),
    },
    trouble: {
      refuse: async (words) => void desk.refused.add(words),
      poison: async (words) => void desk.poison.add(words),
      lose: async () => void desk.faults.push("after"),
      away: async () => void desk.faults.push("before"),
      stall: async () => void desk.faults.push("stall"),
      late: async () => desk.hide(),
      mend: async () => {
        desk.faults.length = 0;
        desk.refused.clear();
        desk.poison.clear();
        desk.show();
      },
    },
    pass: (ms) => clock.advance(ms),
    secrets: [],
  };
};
