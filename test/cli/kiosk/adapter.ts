import type { ChannelSubject } from "casethread/conformance";
import { parkSubject } from "../../conformance/park.ts";

/** The laws find something here: what was acted is miscounted. */
export const channel = async (): Promise<ChannelSubject> => ({ ...(await parkSubject()), acted: async () => 41 });
