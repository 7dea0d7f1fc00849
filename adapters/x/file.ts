import { type Agent, request as ask } from "node:https";
import { BridgeError, type Media, orGivenUp } from "casethread/adapter";
import { RequestFilteringHttpsAgent } from "request-filtering-agent";

/** Fetches a file from where an agent's answer says that it is, and gives it piece by piece. */
export type FetchFile = (file: Media, signal: AbortSignal) => Promise<Uint8Array>;

const refuse = (say: string): BridgeError => new BridgeError(say, { fault: "invalid", adapter: "x", landed: "no" });

/** Where files are fetched from: whoever answers names the address, so nothing inside this network can be reached by it. */
export const fileAgent = (): Agent => new RequestFilteringHttpsAgent();

/**
 * Makes the way to files. X takes none by its address, so it is fetched here: over https, from public addresses only,
 * without following it elsewhere, and not a byte more than its answer said.
 */
export const createFetchFile =
  (agent: Agent): FetchFile =>
  async ({ url, bytes = 0 }, signal) => {
    const fetched = async (): Promise<Uint8Array> => {
      const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
      const asked = ask(url, { agent, signal, headers: { "accept-encoding": "identity" } }, (answer) => {
        const wrong = (say: string): void => {
          asked.destroy();
          reject(refuse(say));
        };
        const { statusCode: status = 0 } = answer;
        if (status !== 200) {
          wrong(
            `the file's address answers HTTP ${status}, and no file. Look whether it may be fetched without signing in.`,
          );
          return;
        }
        const pieces: Uint8Array[] = [];
        let size = 0;
        answer.on("data", (piece: Uint8Array) => {
          size += piece.length;
          if (size > bytes) wrong(`the file is larger than the ${bytes} bytes that its answer names.`);
          else pieces.push(piece);
        });
        answer.on("end", () => {
          if (size === bytes) resolve(Buffer.concat(pieces));
          else wrong(`the file has ${size} bytes, and its answer names ${bytes}.`);
        });
        answer.on("error", reject);
      });
      asked.on("error", reject);
      asked.end();
      return promise;
    };
    try {
      return await orGivenUp(fetched(), signal);
    } catch (thrown) {
      if (thrown instanceof BridgeError) throw thrown;
      // The agent says so by its sentence alone, which holds the address.
      if (thrown instanceof Error && /is not allowed/.test(thrown.message))
        throw refuse("the file's address leads inside this network. Give one that is public.");
      const say = "the file could not be fetched from its address.";
      throw new BridgeError(say, { fault: "unavailable", adapter: "x", landed: "no" });
    }
  };
