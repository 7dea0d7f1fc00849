import type { BridgeEvent } from "../words/event.ts";

/** Was it read of the time before we listened? It is kept as what it was then: nobody is called, asked or told for it now. */
export const isPast = ({ source }: Pick<BridgeEvent, "source">): boolean => source === "backfill";
