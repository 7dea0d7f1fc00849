import { h, icon, time } from "./dom.ts";
import type { Door, Entry, Held, Parked } from "./model.ts";
import type { PanelAct } from "./panel.ts";

const doors: Readonly<Record<Door, string>> = { public: "Public", private: "Private" };

/** The sign of a door: its word, its icon and its shape. */
const doorSign = (door: Door): HTMLElement => h("span", { class: `door ${door}` }, icon(door), doors[door]);

const states: Readonly<Record<Entry["state"], string>> = {
  said: "",
  going: "not there yet",
  held: "held",
  parked: "waits for a person",
  "taken-back": "not said",
  gone: "gone",
  refused: "refused",
};

/** One thing said, or meant to be. */
export const entryOf = (entry: Entry, now: number): HTMLElement => {
  const state = states[entry.state];
  const [sign] = entry.state === "going" ? (["waiting"] as const) : (["held"] as const);
  return h(
    "li",
    { class: `entry ${entry.door} ${entry.who} ${entry.state}` },
    h(
      "p",
      { class: "meta" },
      doorSign(entry.door),
      h("strong", {}, entry.name),
      entry.who === "machine" && h("span", { class: "badge" }, icon("machine"), "automatic"),
      time(entry.at, now),
    ),
    h(
      "p",
      { class: entry.text === null ? "words gone" : "words", dir: "auto" },
      entry.text ?? "These words are kept no more.",
    ),
    state !== "" &&
      h(
        "p",
        { class: "note" },
        icon(sign),
        h("span", {}, `${state}${entry.note === undefined ? "" : `: ${entry.note}`}`),
      ),
  );
};

/** The words, with what is the trouble in them marked. */
const marked = ({ text, trouble }: Held): readonly (Node | string)[] => {
  const out: (Node | string)[] = [];
  let done = 0;
  for (const { from, to, kind } of [...trouble].sort((a, b) => a.from - b.from)) {
    if (from < done) continue;
    out.push(text.slice(done, from), h("mark", {}, text.slice(from, to), h("span", { class: "kind" }, ` (${kind})`)));
    done = to;
  }
  return [...out, text.slice(done)];
};

const button = (does: string, label: string, name: string, click: () => void, main = false): HTMLElement =>
  h(
    "button",
    { type: "button", class: main ? "" : "quiet", "data-does": does, "aria-label": `${label}: ${name}`, click },
    label,
  );

/** A draft that waits: the very words, why they wait, and what can be done. */
export const draftOf = (draft: Held, tell: (act: PanelAct) => void, edit: () => void): HTMLElement => {
  const name = draft.text.slice(0, 40);
  return h(
    "li",
    { class: `draft ${draft.door}` },
    h(
      "p",
      { class: "meta" },
      h("span", { class: "badge held" }, icon("held"), "Held, not sent"),
      doorSign(draft.door),
      h("strong", {}, draft.by),
    ),
    h("p", { class: "words", dir: "auto" }, ...marked(draft)),
    ...draft.because.map((why) => h("p", { class: "because" }, `Because: ${why}.`)),
    h(
      "p",
      { class: "row" },
      draft.releasable &&
        button("release", "Say yes, send it", name, () => tell({ act: "release", draft: draft.draft }), true),
      button("edit", "Change the words", name, edit),
      button("withdraw", "Take it back", name, () => tell({ act: "withdraw", draft: draft.draft })),
    ),
  );
};

/** An act that waits for a person. */
export const parkedOf = (parked: Parked, tell: (act: PanelAct) => void): HTMLElement =>
  h(
    "li",
    { class: "draft parked" },
    h(
      "p",
      { class: "meta" },
      h("span", { class: "badge held" }, icon("held"), "Waits for a person"),
      h("strong", {}, parked.what),
    ),
    parked.text !== undefined && h("p", { class: "words", dir: "auto" }, parked.text),
    h("p", { class: "because" }, `Because: ${parked.because}.`),
    h(
      "p",
      { class: "row" },
      parked.doubt &&
        button("landed", "It is there", parked.what, () => tell({ act: "landed", effect: parked.effect })),
      button("retry", "Send it again", parked.what, () => tell({ act: "retry", effect: parked.effect })),
      button("drop", "Let it be", parked.what, () => tell({ act: "drop", effect: parked.effect })),
    ),
  );
