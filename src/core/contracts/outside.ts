import type { Kit } from "./kit.ts";

/** What a look at one thing outside came to. */
export interface Finding {
  /** `well`: it is as it has to be. `note`: good to know, and nothing to do. `wrong`: something fails, or is lost, until somebody does what the sentence says. */
  readonly as: "well" | "note" | "wrong";
  /** What was looked at and how it stands, in one sentence; where it is wrong, with what to do. It holds no secret and nobody's words. */
  readonly say: string;
}

/** What an adapter cannot know of where it is used. */
export interface Surroundings {
  /** Where its vendor is to deliver: `https://bridge.example/x`. */
  readonly webhook?: string;
  /** All channels of the bridge, by name. */
  readonly channels: readonly string[];
  /** Somebody has said aloud that people may be at work in what is set up. @default false */
  readonly production?: boolean;
}

/** Something that has to be done once at a vendor, and was not. */
export interface SetupStep {
  /** What it would do, and where, in one sentence. */
  readonly say: string;
  /**
   * Does it; done again it changes nothing. The answer is what was done, in one sentence.
   *
   * @throws BridgeError saying what the vendor did not like.
   */
  run(kit: Kit): Promise<string>;
}

/** What an adapter may offer, so that people find out what is wrong outside before customers do. */
export interface Outside {
  /**
   * Looks at all that has to be as it should for this adapter to work: credentials, permissions, subscriptions, fields,
   * limits, clocks, the way to the webhook. Leaves nothing changed. `bridge.check()` asks it.
   *
   * @throws BridgeError when nothing can be looked at, a credential that is not taken say: it becomes a finding too.
   */
  check?(about: Surroundings, kit: Kit): Promise<readonly Finding[]>;
  /**
   * What has to be done once at the vendor and is not done yet, in order. Only looks: each step does its part when it is
   * run. None: nothing is left to do. `bridge.setup()` asks it.
   *
   * @throws BridgeError when it cannot be looked at, or when something has to be known first.
   */
  setup?(about: Surroundings, kit: Kit): Promise<readonly SetupStep[]>;
}
