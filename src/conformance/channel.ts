import { actingLaws } from "./channel/acting.ts";
import { readingLaws } from "./channel/reading.ts";
import { secrecyLaws } from "./channel/secrecy.ts";
import type { ChannelLaw } from "./channel/subject.ts";

export type { ChannelLaw, ChannelSubject, DeliverySample, NetworkFault } from "./channel/subject.ts";

/** The laws of a channel. They order faults of the subject's network: one subject runs one law at a time. */
export const channelLaws: readonly ChannelLaw[] = [...readingLaws, ...actingLaws, ...secrecyLaws];
