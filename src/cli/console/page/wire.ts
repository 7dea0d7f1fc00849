import type { CaseView, Parts } from "./model.ts";

/** What the page knows, part by part. */
export interface Store {
  readonly parts: Partial<Parts>;
  readonly cases: ReadonlyMap<string, CaseView>;
}

/** The server behind the page. */
export interface Wire extends Store {
  /**
   * Tells the server to do something.
   *
   * @throws Error with the server's sentence.
   */
  tell(verb: string, what: object): Promise<unknown>;
}

interface Answer {
  readonly value?: unknown;
  readonly error?: string;
}

/** Connects to the server. `changed` is told the name of each part that is new; `live` whether the connection stands. */
export const connect = (changed: (name: string) => void, live: (is: boolean) => void): Wire => {
  const parts: Record<string, unknown> = {};
  const cases = new Map<string, CaseView>();
  const source = new EventSource("events");
  source.addEventListener("open", () => live(true));
  source.addEventListener("error", () => live(false));
  source.addEventListener("part", (event: MessageEvent<string>) => {
    const name = decodeURIComponent(event.lastEventId);
    const value: unknown = JSON.parse(event.data);
    if (!name.startsWith("case/")) parts[name] = value;
    else if (value === null) cases.delete(name.slice("case/".length));
    else cases.set(name.slice("case/".length), value as CaseView);
    changed(name);
  });
  return {
    parts,
    cases,
    tell: async (verb, what) => {
      let response: Response;
      try {
        response = await fetch(`do/${verb}`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(what),
        });
      } catch {
        throw new Error("the sandbox does not answer: is casethread sandbox still running?");
      }
      const answer = (await response.json().catch(() => ({}))) as Answer;
      if (!response.ok) throw new Error(answer.error ?? `the sandbox answered ${response.status}`);
      return answer.value;
    },
  };
};
