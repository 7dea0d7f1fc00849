import { type Bridge, type BridgeOptions, createBridge, type Log, type Store } from "casethread";
import { sqlite } from "casethread/sqlite";
import { createDesk, type Desk, deskCrm } from "./desk.ts";
import { createPark, type Park, parkChannel } from "./park.ts";

/** A park, a desk and a bridge between them. */
export interface World extends AsyncDisposable {
  readonly park: Park;
  readonly desk: Desk;
  readonly bridge: Bridge;
  readonly store: Store;
  readonly logs: { readonly level: string; readonly fields: object; readonly message: string }[];
  /** Delivers what the park has to tell, works until nothing is due, and again, until nothing changes any more. */
  settle(): Promise<void>;
}

/** Begins a world. Words for closing are switched on; everything else is as the house decides. */
export const createWorld = (options: Partial<BridgeOptions> & { readonly now?: () => number } = {}): World => {
  const now = options.now ?? Date.now;
  const park = createPark(now);
  const desk = createDesk(now);
  return bridgeBetween(park, desk, options);
};

/** A new bridge between a park and a desk that stand already. */
export const bridgeBetween = (park: Park, desk: Desk, options: Partial<BridgeOptions> = {}): World => {
  const store = options.store ?? sqlite({ file: ":memory:", durable: false });
  const logs: { level: string; fields: object; message: string }[] = [];
  const at = (level: string) => (fields: object, message: string) => void logs.push({ level, fields, message });
  const log: Log = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  const bridge = createBridge({
    channels: [parkChannel(park)],
    crm: deskCrm(desk),
    policy: { words: { closing: ({ greeting }) => `Glad it is sorted, ${greeting}.` } },
    log,
    ...options,
    store,
  });
  const settle = async (): Promise<void> => {
    for (let calm = 0; calm < 2; ) {
      const before = park.words.size + desk.writes.length;
      for (const request of park.pending()) await bridge.fetch(request);
      await bridge.work({ until: "idle" });
      calm = park.words.size + desk.writes.length === before ? calm + 1 : 0;
    }
  };
  return { park, desk, bridge, store, logs, settle, [Symbol.asyncDispose]: () => bridge[Symbol.asyncDispose]() };
};
