import type { FacebookFault } from "casethread/facebook/sandbox";
import type { SalesforceFault } from "casethread/salesforce/sandbox";
import type { XFault } from "casethread/x/sandbox";
import type { Fault } from "./page/model.ts";
import { refuse } from "./refuse.ts";
import type { World } from "./world.ts";

/** A switch: which fault, in words, and how likely it strikes while it is on. */
type Switch = { readonly id: string; readonly what: string; readonly rate: number } & (
  | { readonly where: "X"; readonly fault: XFault }
  | { readonly where: "Facebook"; readonly fault: FacebookFault }
  | { readonly where: "Salesforce"; readonly fault: SalesforceFault }
);

// One of a kind for each side of the wire: nothing is taken, it is done and not answered, too much, not told.
const switches: readonly Switch[] = [
  { id: "x-away", where: "X", fault: "503-before", what: "is away: takes nothing", rate: 1 },
  { id: "x-mute", where: "X", fault: "lost-response", what: "does it, and its answer is lost", rate: 1 },
  { id: "x-limit", where: "X", fault: "429", what: "says: too many requests", rate: 1 },
  { id: "x-deaf", where: "X", fault: "lost-webhook", what: "loses what it should deliver", rate: 1 },
  { id: "facebook-away", where: "Facebook", fault: "503-before", what: "is away: takes nothing", rate: 1 },
  { id: "facebook-mute", where: "Facebook", fault: "lost-response", what: "does it, and its answer is lost", rate: 1 },
  { id: "org-away", where: "Salesforce", fault: "503", what: "is away: takes nothing", rate: 1 },
  {
    id: "org-mute",
    where: "Salesforce",
    fault: "timeout-after-commit",
    what: "saves, and its answer is lost",
    rate: 0.5,
  },
  { id: "org-session", where: "Salesforce", fault: "expired-session", what: "ends sessions early", rate: 0.3 },
];

/** The board of faults. */
export interface FaultBoard {
  /** @throws BridgeError when there is no such switch. */
  turn(id: string, on: boolean): Promise<void>;
  calm(): Promise<void>;
  shown(): Promise<readonly Fault[]>;
}

/** Makes the board. */
export const createFaultBoard = (world: World): FaultBoard => {
  const on = new Set<string>();
  const rate = (one: Switch, probability: number): Promise<void> => {
    if (one.where === "X") return world.x.rate({ fault: one.fault, probability });
    if (one.where === "Facebook") return world.facebook.rate({ fault: one.fault, probability });
    return world.org.rate(one.fault, probability);
  };
  const turn: FaultBoard["turn"] = async (id, to) => {
    const found = switches.find((one) => one.id === id);
    if (found === undefined)
      throw refuse(`there is no fault ${id}: there are ${switches.map((one) => one.id).join(", ")}`);
    await rate(found, to ? found.rate : 0);
    if (to) on.add(id);
    else on.delete(id);
  };
  return {
    turn,
    calm: async () => {
      for (const id of on) await turn(id, false);
    },
    shown: async () => {
      const { struck } = await world.org.state();
      const times = ({ where, fault }: Switch): number => {
        if (where === "X") return world.x.faults.struck.get(fault) ?? 0;
        return where === "Facebook" ? (world.facebook.faults.struck.get(fault) ?? 0) : (struck[fault] ?? 0);
      };
      return switches.map((one) => {
        const { id, where, what } = one;
        return { id, where, what, on: on.has(id), struck: times(one) };
      });
    },
  };
};
