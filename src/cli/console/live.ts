import type { ConversationKey, Held, Pause, Talk } from "casethread";
import { type Around, viewOf } from "./cases.ts";
import type { FaultBoard } from "./faults.ts";
import { type Customer, feedOf, lettersOf } from "./feed.ts";
import type { CaseLine, CaseView, Machine } from "./page/model.ts";
import { cast, type World } from "./world.ts";

/** How often it is looked whether anything moved, in ms. */
const everyMs = 120;
/** Everything is looked at anew now and then: hours pass without an event. */
const wholeMs = 5_000;

/** Gets a part by its name, as JSON. */
export type Listener = (name: string, json: string) => void;

/** What the page shows, kept up to date while anybody listens. */
export interface Live extends AsyncDisposable {
  /** Is told every part as it stands, and then each that changes, until the answer is called. */
  listen(listener: Listener): () => void;
  /** Something was done: looks at once. */
  stir(): void;
}

const unsettled = ({ effects }: Talk): boolean =>
  effects.some(({ state }) => state === "promised" || state === "sending" || state === "unknown");

const silenced = ({ account, side, words }: Pause): string => {
  const whose =
    words === "person" ? "people's words" : words === "automatic" ? "the machine's own words" : "everything";
  return [whose, side && `${side} side only`, account && `of ${account.id}`].filter(Boolean).join(", ");
};

/** A case in a line, of all that is known of it. */
const lineIn = ({ key, network, customer, number, stage, waiting, held, urgent, begun }: CaseView): CaseLine => {
  const line = { key, network, customer, stage, waiting, held, urgent, begun };
  return number === undefined ? line : { ...line, number };
};

/** Watches the world. */
export const createLive = (world: World, customer: Customer, faults: FaultBoard): Live => {
  const { bridge } = world;
  const parts = new Map<string, string>();
  const listeners = new Set<Listener>();
  const talks = new Map<ConversationKey, Talk>();
  const views = new Map<ConversationKey, CaseView>();
  let after: string | undefined;
  let wholeAt = 0;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();
  let over = false;

  const put = (name: string, value: unknown): void => {
    const json = JSON.stringify(value);
    if (parts.get(name) === json) return;
    parts.set(name, json);
    for (const listener of listeners) listener(name, json);
  };

  /** Conversations that something was decided on since it was looked last. */
  const moved = async (): Promise<ReadonlySet<ConversationKey>> => {
    const keys = new Set<ConversationKey>();
    for (;;) {
      const rows = await bridge.ledger({ limit: 500, ...(after === undefined ? {} : { after }) });
      for (const { conversation } of rows) if (conversation !== undefined) keys.add(conversation);
      after = rows.at(-1)?.position ?? after;
      if (rows.length < 500) return keys;
    }
  };

  const namesOf = async (): Promise<Around["names"]> => {
    const names = new Map<string, { readonly name: string; readonly handle: string }>();
    for (const { id, name, handle } of (await world.x.state()).users) names.set(id, { name, handle: `@${handle}` });
    for (const { id, name } of (await world.facebook.state()).users) names.set(id, { name, handle: "" });
    for (const [psid, name] of customer.psids) names.set(psid, { name, handle: "" });
    return names;
  };

  const aroundNow = async (): Promise<Around> => {
    const { departments } = await bridge.handover();
    return {
      pending: new Map(departments.flatMap(({ pending }) => pending).map((one) => [one.conversation, one])),
      held: Map.groupBy<string, Held>(await bridge.held(), ({ draft }) => draft.conversation),
      names: await namesOf(),
    };
  };

  const lookAtCases = async (whole: boolean): Promise<void> => {
    const now = await moved();
    const open = [...talks.values()].filter(unsettled).map(({ key }) => key);
    const keys = new Set([...now, ...open, ...(whole ? talks.keys() : [])]);
    if (keys.size === 0) return;
    const around = await aroundNow();
    for (const key of keys) {
      const talk = await bridge.conversation({ conversation: key });
      // One that was merged away is found as the one it went into.
      if (talk === undefined || talk.key !== key) {
        talks.delete(key);
        views.delete(key);
        put(`case/${key}`, null);
        continue;
      }
      const view = await viewOf(bridge, talk, around);
      talks.set(key, talk);
      views.set(key, view);
      put(`case/${key}`, view);
    }
    const lines = [...views.values()].map(lineIn);
    put(
      "cases",
      lines.sort((a, b) => b.begun - a.begun),
    );
  };

  const machine = async (): Promise<Machine> => {
    const { pauses, census, troubles, alarms } = await bridge.health();
    return {
      pauses: pauses.map((pause) => ({ id: pause.id, since: pause.since, what: silenced(pause) })),
      faults: await faults.shown(),
      waiting: census.lanes.reduce((sum, { due, waiting }) => sum + due + waiting, 0),
      // What programs ask the bridge for stands on its case here.
      troubles: [...troubles.filter((one) => !one.startsWith("paused since")), ...new Set(alarms)]
        .slice(-5)
        .map((one) => one.replace(/: see bridge\.parked\(\)$/, ", on its case")),
    };
  };

  const look = async (): Promise<void> => {
    const whole = Date.now() - wholeAt >= wholeMs;
    if (whole) wholeAt = Date.now();
    put("cast", cast);
    put("feed", await feedOf(world));
    put("letters", await lettersOf(world, customer.psids));
    await lookAtCases(whole);
    put("machine", await machine());
    // Only the shift of the sandboxes' time against the machine's: the page's own clock goes on between.
    put("clock", { ahead: Math.round((world.clock.now() - Date.now()) / 1_000) * 1_000 });
  };

  const turn = (): void => {
    clearTimeout(timer);
    if (over || listeners.size === 0) return;
    looking = looking
      .then(look)
      // What could not be read now is read with the next look; what is wrong for good stands in the machine's health.
      .catch(() => undefined)
      .then(() => {
        clearTimeout(timer);
        if (!over && listeners.size > 0) timer = setTimeout(turn, everyMs);
      });
  };

  return {
    listen: (listener) => {
      for (const [name, json] of parts) listener(name, json);
      listeners.add(listener);
      if (listeners.size === 1) turn();
      return () => void listeners.delete(listener);
    },
    stir: () => {
      wholeAt = 0;
      turn();
    },
    [Symbol.asyncDispose]: async () => {
      over = true;
      clearTimeout(timer);
      listeners.clear();
      await looking;
    },
  };
};
