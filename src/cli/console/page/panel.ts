import { createComposer, type Composer } from "./panel-composer.ts";
import { draftOf, entryOf, parkedOf } from "./panel-parts.ts";
import { h, icon, list, moment, put, span } from "./dom.ts";
import type { CaseView, Door, Waiting, Way } from "./model.ts";

/** What an agent wants done. The panel does nothing by itself: it says so in an event called `act`. */
export type PanelAct =
  | { readonly act: "answer"; readonly door: Door; readonly text: string }
  | {
      readonly act: "change";
      readonly door: Door;
      readonly text: string;
      readonly draft: string;
      readonly version: number;
    }
  | { readonly act: "words"; readonly text: string }
  | { readonly act: "close" | "confirm" }
  | { readonly act: "release" | "withdraw"; readonly draft: string }
  | { readonly act: "retry" | "landed" | "drop"; readonly effect: string };

const waitingFor: Readonly<Record<Waiting["for"], string>> = {
  us: "Waiting for us",
  customer: "Waiting for the customer",
  nobody: "Nobody is waited for",
};

/** Who is waited for, since when, and until when an answer is promised. */
const waitingWords = ({ for: whom, since, by }: Waiting, now: number): string => {
  if (whom === "nobody") return waitingFor.nobody;
  const begun = `${waitingFor[whom]} since ${moment(since, now)} (${span(now - since)})`;
  if (by === undefined) return begun;
  return by < now ? `${begun}, OVERDUE by ${span(now - by)}` : `${begun}, promised by ${moment(by, now)}`;
};

const sheet = (name: string): HTMLLinkElement =>
  h("link", { rel: "stylesheet", href: new URL(name, import.meta.url).pathname });

/**
 * The panel of an agent: a case with both of its sides as one thread, who is waited for, what is held and why, and a composer
 * that knows the doors. Fed by properties, it tells what is wanted by events, and asks nobody: whatever has it around itself
 * does, in this page or in a CRM's.
 */
export class AgentPanel extends HTMLElement {
  #view: CaseView | undefined;
  #now = 0;
  readonly #head = h("div", { class: "head" });
  readonly #waiting = h("p", { class: "waiting" });
  readonly #late = h("ul", { class: "late", "aria-label": "What is late" });
  readonly #entries = h("ol", { "aria-label": "Both sides of the talk, oldest first" });
  readonly #drafts = h("ul", { tabindex: -1, "aria-label": "What waits for somebody" });
  readonly #thread = h("div", { class: "thread", tabindex: 0, role: "group", "aria-label": "The talk" });
  readonly #none = h("p", { class: "empty" }, "No case is shown.");
  readonly #whole = h("div", { class: "whole", hidden: true });
  readonly #composer: Composer = createComposer((act) => this.#tell(act));

  constructor() {
    super();
    const { root } = this.#composer;
    this.#thread.append(this.#entries, this.#drafts);
    this.#whole.append(this.#head, this.#waiting, this.#late, this.#thread, root);
    const sheets = ["tokens.css", "shared.css", "panel.css"].map((name) => sheet(name));
    // Until they are there nothing has its height, and the newest words are not where they will be.
    for (const one of sheets) one.addEventListener("load", () => this.#toEnd());
    this.attachShadow({ mode: "open" }).append(...sheets, this.#none, this.#whole);
  }

  /** The case, or none. */
  set view(view: CaseView | undefined) {
    const other = view?.key !== this.#view?.key;
    this.#view = view;
    if (other) this.#composer.begin();
    this.#render(other);
  }

  /** The present moment, where the case is: spans of time are told from it. */
  set now(now: number) {
    this.#now = now;
    this.#showWaiting();
  }

  /** What stands open for the words that were told with the last `words`, and how long they are. */
  set ways(ways: readonly Way[]) {
    this.#composer.ways(ways, this.#view, this.#now);
  }

  /** Was what was wanted last taken? The words stay where it was not. */
  set taken(taken: boolean) {
    this.#composer.taken(taken);
  }

  #tell(detail: PanelAct): void {
    this.dispatchEvent(new CustomEvent<PanelAct>("act", { detail, bubbles: true, composed: true }));
  }

  #toEnd(): void {
    this.#thread.scrollTop = this.#thread.scrollHeight;
  }

  #showWaiting(): void {
    const view = this.#view;
    if (view === undefined) return;
    const { waiting } = view;
    const over = waiting.by !== undefined && waiting.by < this.#now;
    const words = waitingWords(waiting, this.#now);
    if (this.#waiting.textContent === words) return;
    this.#waiting.className = `waiting ${waiting.for}${over ? " over" : ""}`;
    this.#waiting.replaceChildren(icon(waiting.for === "nobody" ? "done" : "waiting"), h("span", {}, words));
  }

  #claimed({ customer, number }: NonNullable<CaseView["claims"]>): HTMLElement {
    const whose = number === undefined ? customer : `${customer}, case ${number}`;
    const yes = h(
      "button",
      { type: "button", class: "quiet", "data-does": "confirm", click: () => this.#tell({ act: "confirm" }) },
      "It is the same person",
    );
    return h("p", { class: "row" }, `Came by the invitation given to ${whose}; links are passed on. `, yes);
  }

  #showHead(view: CaseView): void {
    const number = view.number === undefined ? "A case is on its way" : `Case ${view.number}`;
    const facts = [
      view.handle === "" ? view.customer : `${view.customer} (${view.handle})`,
      `to ${view.account} on ${view.networkName}`,
      ...(view.department === undefined ? [] : [view.department]),
      view.stage,
    ];
    const told = JSON.stringify([number, facts, view.status, view.closed, view.urgent, view.claims]);
    if (this.#head.dataset["told"] === told) return;
    this.#head.dataset["told"] = told;
    const had = this.#head.contains(this.shadowRoot?.activeElement ?? null);
    const close = h(
      "button",
      {
        type: "button",
        class: "quiet",
        disabled: view.closed || view.number === undefined,
        click: () => this.#tell({ act: "close" }),
      },
      view.closed ? "Closed" : "Close the case",
    );
    this.#head.replaceChildren(
      h(
        "div",
        {},
        h(
          "h3",
          {},
          number,
          view.status !== undefined && h("span", { class: "badge" }, view.status),
          view.urgent && h("span", { class: "badge urgent" }, "urgent"),
        ),
        h("p", { class: "hint" }, facts.join(" · ")),
        view.claims !== undefined && this.#claimed(view.claims),
      ),
      close,
    );
    // Its successor has the focus; of a case that is closed, the next answer.
    if (had && close.disabled) this.#composer.focus();
    else if (had) close.focus();
  }

  #render(other: boolean): void {
    const view = this.#view;
    this.#none.hidden = view !== undefined;
    this.#whole.hidden = view === undefined;
    if (view === undefined) return;
    const thread = this.#thread;
    const atEnd = other || thread.scrollHeight - thread.scrollTop - thread.clientHeight < 60;
    this.#showHead(view);
    this.#showWaiting();
    list(this.#late, view.late, String, (words) => h("li", {}, icon("fault"), words));
    this.#late.hidden = view.late.length === 0;
    // What waits for somebody stands below, with the words that are the trouble.
    const said = view.entries.filter(({ state }) => state !== "held" && state !== "parked");
    list(
      this.#entries,
      said,
      ({ key }) => key,
      (entry) => entryOf(entry, this.#now),
    );
    const tell = (act: PanelAct): void => this.#tell(act);
    const waits = [
      ...view.drafts.map((draft) => ({ key: draft.draft, draft })),
      ...view.parked.map((parked) => ({ key: parked.effect, parked })),
    ];
    const had = this.#drafts.contains(this.shadowRoot?.activeElement ?? null);
    list(
      this.#drafts,
      waits,
      ({ key }) => key,
      (one) =>
        "draft" in one ? draftOf(one.draft, tell, () => this.#composer.edit(one.draft)) : parkedOf(one.parked, tell),
    );
    this.#drafts.hidden = waits.length === 0;
    // The last that waited is gone, and what had the focus with it: on with the next answer.
    if (had && waits.length === 0) this.#composer.focus();
    if (atEnd) this.#toEnd();
    this.#composer.ways(view.ways, view, this.#now);
    put(this.#composer.title, view.closed ? "Answer, though it is closed" : "Answer");
  }
}

customElements.define("casethread-panel", AgentPanel);
