import type { Channel } from "casethread/adapter";
import { facebookUnderFire } from "./facebook.ts";
import { xUnderFire } from "./x.ts";

/** A channel that signs its deliveries, as this folder attacks it. */
export interface UnderFire {
  readonly channel: Channel;
  /** The header that carries the signature. */
  readonly header: string;
  readonly secret: string;
  /** The header's value for a body. */
  sign(body: Uint8Array, secret: string): string;
  /** Bodies in JSON, as the network sends them: of every kind it has, each with the word "marmalade" where there are words. */
  readonly genuine: readonly string[];
}

/** Every channel that ships. A new one is enrolled by one line. */
export const channels: readonly UnderFire[] = [xUnderFire, facebookUnderFire];
