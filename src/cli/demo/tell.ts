import { styleText } from "node:util";

/** Who speaks in the story. */
export type Voice = "feed" | "private" | "case" | "bridge" | "plan";

/** Tells a story: for people, a line each; as JSON, an object a line. */
export interface Teller {
  line(voice: Voice, text: string, more?: Readonly<Record<string, unknown>>): void;
  block(title: string, text: string): void;
}

const signs: Readonly<Record<Voice, readonly [string, Parameters<typeof styleText>[0]]>> = {
  feed: ["on the feed  ", "cyan"],
  private: ["in private   ", "magenta"],
  case: ["on the case  ", "yellow"],
  bridge: ["casethread   ", "green"],
  plan: ["would have   ", "blue"],
};

/** Makes a teller on standard output. Colours only where the terminal shows them. */
export const createTeller = (json: boolean): Teller => {
  const began = performance.now();
  const elapsed = (): number => Math.round(performance.now() - began) / 1_000;
  const put = (line: string): void => void process.stdout.write(`${line}\n`);
  if (json) {
    return {
      line: (voice, text, more) => put(JSON.stringify({ at: elapsed(), voice, text, ...more })),
      block: (title, text) => put(JSON.stringify({ at: elapsed(), title, text })),
    };
  }
  return {
    line: (voice, text) => {
      const [sign, colour] = signs[voice];
      put(`${elapsed().toFixed(1).padStart(5)} s  ${styleText(colour, sign)}${text}`);
    },
    block: (title, text) => put(`\n${styleText("bold", title)}\n${text}\n`),
  };
};
