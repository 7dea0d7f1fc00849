import { createHmac } from "node:crypto";
import { createXSandbox } from "casethread/x/sandbox";
import type { XOptions } from "casethread/x";

/** Deliveries as X makes them, signed, each of a post of its own. */
export interface Deliveries {
  readonly bodies: readonly string[];
  readonly signatures: readonly string[];
  /** What `x()` needs to read them. */
  readonly options: XOptions;
  readonly secret: string;
}

const complaints = [
  "@acme_help my parcel has been lost for a week and nobody answers. Order 4711, can you look? https://example.com/o/4711",
  "hey @acme_help the app logs me out every time I open it, since the update of Tuesday 😡",
  "@acme_help is the shop in the station open on Sunday?",
  "I have waited on the phone for 45 minutes now @acme_help & the music alone is worth a complaint",
] as const;

/** Makes mentions, each by another author unless fewer authors are wanted. */
export const makeDeliveries = async (count: number, authors: number = count): Promise<Deliveries> => {
  const secret = "bench-consumer-secret";
  await using network = await createXSandbox({
    seed: 3,
    app: { consumerSecret: secret },
    accounts: [{ id: "1001", handle: "acme_help", tier: "enterprise" }],
  });
  const bodies: string[] = [];
  for (let n = 0; n < count; n++) {
    const author = n % authors;
    const { id: by } = await network.persona(`author_${author}`, { name: `Author ${author}`, followers: author });
    const { id } = await network.say({ by, text: complaints[n % complaints.length] ?? "" });
    bodies.push(...network.announces(id));
  }
  const signatures = bodies.map((body) => `sha256=${createHmac("sha256", secret).update(body).digest("base64")}`);
  return { bodies, signatures, options: network.options(), secret };
};
