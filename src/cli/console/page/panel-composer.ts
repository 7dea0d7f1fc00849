import { h, icon, moment, put } from "./dom.ts";
import type { CaseView, Door, Held, Way } from "./model.ts";
import type { PanelAct } from "./panel.ts";

/** Where an answer is written. */
export interface Composer {
  readonly root: HTMLElement;
  readonly title: HTMLElement;
  /** Another case: nothing of the last one stays. */
  begin(): void;
  /** Shows the doors as they stand, and how long the words are. */
  ways(ways: readonly Way[], view: CaseView | undefined, now: number): void;
  /** Takes a held draft's words for changing. */
  edit(draft: Held): void;
  taken(taken: boolean): void;
  focus(): void;
}

const sides = ["public", "private"] as const;
const names: Readonly<Record<Door, string>> = { public: "Public door", private: "Private door" };
const audience: Readonly<Record<Door, string>> = {
  public: "everybody reads it",
  private: "only the customer reads it",
};

const openWords = (way: Way, now: number): string => {
  if (!way.open) return `closed: ${way.why}.${way.waits ? " Your words will wait." : ""}`;
  const until = way.until === undefined ? "open" : `open until ${moment(way.until, now)}`;
  const offers = way.offers === "invite" ? "; brings an invitation into private" : "";
  return `${until}${offers}`;
};

const lengthWords = (way: Way, network: string): string => {
  const most = way.most.toLocaleString("en");
  const used = way.used.toLocaleString("en");
  const over = way.parts > 1 ? `: goes in ${way.parts} parts` : way.used > way.most ? ": too long" : "";
  const cost = way.usd === undefined || way.usd === 0 || way.used === 0 ? "" : `, costs $${way.usd.toFixed(3)}`;
  return `${used} of ${most} as ${network} counts${over}${cost}`;
};

/** Makes a composer. */
export const createComposer = (tell: (act: PanelAct) => void): Composer => {
  const title = h("h4", { id: "answer" }, "Answer");
  const text = h("textarea", { id: "words", rows: 3, "aria-labelledby": "answer", "aria-describedby": "length" });
  const length = h("p", { id: "length", class: "length" });
  const send = h("button", { type: "submit" });
  const keep = h("button", { type: "button", class: "quiet", hidden: true }, "Leave the words as they were");
  const doors = new Map(
    sides.map((side) => {
      const input = h("input", { type: "radio", name: "door", value: side, "aria-describedby": `${side}-state` });
      const state = h("span", { class: "state", id: `${side}-state` });
      const label = h(
        "label",
        { class: `choice ${side}` },
        input,
        h("span", { class: "name" }, icon(side), names[side]),
        h("span", { class: "hint" }, audience[side]),
        state,
      );
      return [side, { input, state, label }];
    }),
  );
  const form = h(
    "form",
    { class: "answer" },
    title,
    h(
      "fieldset",
      {},
      h("legend", { class: "unseen" }, "Through which door"),
      ...[...doors.values()].map(({ label }) => label),
    ),
    text,
    h("div", { class: "row" }, length, keep, send),
  );
  let known: readonly Way[] = [];
  let network = "the network";
  let changing: Held | undefined;
  let busy = false;
  // Of a case that has just been opened nobody has chosen a door.
  let begun = false;

  const chosen = (): Door => (doors.get("private")?.input.checked === true ? "private" : "public");
  const choose = (door: Door): void => {
    const input = doors.get(door)?.input;
    if (input !== undefined) input.checked = true;
  };
  const show = (): void => {
    const side = chosen();
    const way = known.find(({ door }) => door === side);
    const words = changing === undefined ? "Answer" : "Change it, answer";
    send.replaceChildren(icon(side), `${words} in ${side}`);
    send.className = side;
    send.disabled = busy || text.value.trim() === "" || (way !== undefined && !way.open && !way.waits);
    form.classList.toggle("over", way !== undefined && way.used > way.most);
    put(length, way === undefined || way.most === 0 ? "" : lengthWords(way, network));
    keep.hidden = changing === undefined;
  };
  const clear = (): void => {
    changing = undefined;
    text.value = "";
    show();
  };

  form.addEventListener("change", show);
  text.addEventListener("input", () => {
    show();
    tell({ act: "words", text: text.value });
  });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  keep.addEventListener("click", () => {
    clear();
    tell({ act: "words", text: "" });
    text.focus();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const words = text.value.trim();
    if (send.disabled) return;
    busy = true;
    // The button is shut until the words are taken: whoever pressed it by keyboard would begin at the top of the page.
    text.focus();
    show();
    const door = chosen();
    if (changing === undefined) tell({ act: "answer", door, text: words });
    else tell({ act: "change", door, text: words, draft: changing.draft, version: changing.version });
  });

  return {
    root: form,
    title,
    focus: () => text.focus(),
    begin: () => {
      busy = false;
      begun = true;
      choose("public");
      clear();
    },
    ways: (ways, view, now) => {
      // Of a case that is told anew no words are known; those at hand are counted already.
      known =
        text.value === "" || known.length === 0
          ? ways
          : ways.map((way) => {
              const counted = known.find(({ door }) => door === way.door);
              const blank = way.used === 0 && counted !== undefined;
              return blank ? { ...way, used: counted.used, parts: counted.parts } : way;
            });
      network = view?.networkName ?? network;
      const open = begun ? ways.find((way) => way.open) : undefined;
      if (open !== undefined) choose(open.door);
      if (ways.length > 0) begun = false;
      for (const way of ways) {
        const door = doors.get(way.door);
        if (door === undefined) continue;
        door.label.classList.toggle("shut", !way.open);
        const words = openWords(way, now);
        if (door.state.textContent !== words)
          door.state.replaceChildren(icon(way.open ? "open" : "closed"), h("span", {}, words));
      }
      show();
    },
    edit: (draft) => {
      changing = draft;
      choose(draft.door);
      text.value = draft.text;
      show();
      tell({ act: "words", text: text.value });
      text.focus();
    },
    taken: (taken) => {
      busy = false;
      if (taken) {
        clear();
        tell({ act: "words", text: "" });
      } else show();
    },
  };
};
