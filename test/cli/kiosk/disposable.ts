import type { ChannelSubject } from "casethread/conformance";
import { serve } from "casethread/sandbox";
import { parkSubject } from "../../conformance/park.ts";

/** How many networks listen, and how many ever did. */
export const listening: { now: number; ever: number } = { now: 0, ever: 0 };

/** Each has a server of its own, which would keep a process for as long as it listens. */
export const channel = async (): Promise<ChannelSubject> => {
  const server = await serve(async () => new Response());
  listening.now += 1;
  listening.ever += 1;
  return {
    ...(await parkSubject()),
    [Symbol.asyncDispose]: async () => {
      listening.now -= 1;
      await server[Symbol.asyncDispose]();
    },
  };
};
