import type { Waiting } from "../contracts/channel.ts";
import type { Conversation } from "../words/conversation.ts";

/**
 * Whose words in public are waited for, and in which thread: the brand spoke last, and there. Whoever answers somebody else
 * in that thread, or herself, may call on nobody; some networks tell of that to nobody.
 */
export const waitedFor = ({
  awaiting,
  awaitingSince,
  disposition,
  personas,
  stamps,
  ...talk
}: Conversation): Waiting[] => {
  const root = talk.public?.root;
  const inPublic = (stamps.lastPublicAnswer ?? Number.NEGATIVE_INFINITY) >= awaitingSince;
  if (awaiting !== "customer" || disposition === "ignore" || root === undefined || !inPublic) return [];
  return personas.map((by) => ({ root, by }));
};
