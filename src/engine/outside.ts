import type { Finding, Outside, SetupStep, Surroundings } from "../core/contracts/outside.ts";
import { type House, kitFor, thrownBy } from "./house.ts";
import { refusal } from "./refusal.ts";
import { baseOf } from "./web.ts";

/** What one adapter found. */
export interface FoundOutside extends Finding {
  readonly adapter: string;
}

/** Where the bridge is reached from outside, and by whom. */
export interface CheckOptions {
  /** Where the bridge is reached: `https://bridge.example`, with or without `intake.basePath` behind it. */
  readonly at?: string;
}

/** What to set up. */
export interface SetupOptions extends CheckOptions {
  /** People may be at work in what is set up. @default false */
  readonly production?: boolean;
}

/** Something to be done, and how to do it. */
export interface Step {
  readonly say: string;
  /** Does it. The answer is what was done. */
  run(): Promise<string>;
}

/** How long one adapter may look, or do one step of a set-up: a deployment takes minutes. */
const lookMs = 120_000;
const stepMs = 900_000;

const surroundingsOf = (house: House, adapter: string, { at, production }: SetupOptions): Surroundings => {
  if (at?.includes("@") === true)
    throw refusal("invalid", "at: leave the name and the password out of the address; vendors would not send them");
  if (at !== undefined && (!/^https?:\/\/[^\s?#]+$/.test(at) || !URL.canParse(at)))
    throw refusal(
      "invalid",
      `at: "${at.slice(0, 80)}" is no address; write where the bridge is reached, such as https://bridge.example`,
    );
  const base = baseOf(house.intake);
  const before = at?.replace(/\/+$/, "");
  return {
    channels: [...house.channels.keys()],
    // Whoever writes the whole of it has written the base path, too.
    ...(before === undefined
      ? {}
      : { webhook: `${before}${new URL(before).pathname.endsWith(base) ? "" : base}/${adapter}` }),
    ...(production === undefined ? {} : { production }),
  };
};

const adaptersOf = (house: House): ReadonlyMap<string, Outside> =>
  new Map<string, Outside>([...house.channels, [house.crm.name, house.crm]]);

/** Has every adapter look at what is outside. What it throws is a finding like the others. */
export const check = async (house: House, options: CheckOptions): Promise<readonly FoundOutside[]> => {
  const each = [...adaptersOf(house)].map(async ([adapter, outside]): Promise<readonly FoundOutside[]> => {
    const about = surroundingsOf(house, adapter, options);
    if (outside.check === undefined)
      return [{ adapter, as: "note", say: "the adapter offers no check: nothing of it was looked at" }];
    try {
      const found = await outside.check(about, kitFor(house, adapter, AbortSignal.timeout(lookMs)));
      return found.map((one) => ({ adapter, ...one }));
    } catch (thrown) {
      return [{ adapter, as: "wrong", say: `could not be looked at: ${thrownBy(thrown, adapter).message}` }];
    }
  });
  return (await Promise.all(each)).flat();
};

/** What an adapter says has to be done at its vendor. */
export const setup = async (house: House, adapter: string, options: SetupOptions): Promise<readonly Step[]> => {
  const adapters = adaptersOf(house);
  const outside = adapters.get(adapter);
  if (outside === undefined)
    throw refusal("invalid", `setup: no adapter is called "${adapter}"; there are ${[...adapters.keys()].join(", ")}`);
  if (outside.setup === undefined)
    throw refusal("invalid", `setup: the adapter "${adapter}" offers no set-up; see its README`);
  const kit = (ms: number) => kitFor(house, adapter, AbortSignal.timeout(ms));
  const told = (thrown: unknown): never => {
    throw thrownBy(thrown, adapter);
  };
  const steps = await outside.setup(surroundingsOf(house, adapter, options), kit(lookMs)).catch(told);
  return steps.map((step: SetupStep) => ({ say: step.say, run: () => step.run(kit(stepMs)).catch(told) }));
};
