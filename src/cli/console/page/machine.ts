import { byId, h, icon, list, put, second, time } from "./dom.ts";
import type { CaseView, Fault, Machine, Step } from "./model.ts";

/** What is done to the machine. */
export type MachineAct = (verb: "pause" | "resume" | "fault" | "calm" | "pass", what: object) => Promise<boolean>;

/** Shows the trail of a case. */
export const showTrail = (view: CaseView | undefined): void => {
  const trail = byId("trail") as HTMLOListElement;
  const steps = view?.trail ?? [];
  const atEnd = trail.scrollHeight - trail.scrollTop - trail.clientHeight < 60;
  if (steps.length === 0)
    list(trail, ["empty"], String, () =>
      h("li", { class: "empty" }, "What happens to a case is told here, step by step."),
    );
  else
    list<Step & { readonly n: number }>(
      trail,
      steps.map((step, n) => ({ ...step, n })),
      ({ n, what }) => `${n} ${what}`,
      ({ at, what, why }) =>
        h(
          "li",
          { class: "step" },
          h("time", { datetime: new Date(at).toISOString() }, second(at)),
          h("p", {}, h("strong", {}, what), why !== "" && h("span", { class: "because" }, why)),
        ),
    );
  if (atEnd) trail.scrollTop = trail.scrollHeight;
};

/** The machine's board. */
export interface Board {
  show(machine: Machine, now: number): void;
}

/** Makes the board: pauses, time, faults. */
export const createBoard = (act: MachineAct): Board => {
  const pauses = h("ul", { class: "pauses", tabindex: -1, "aria-label": "Pauses" });
  const troubles = h("ul", { class: "troubles", "aria-label": "What is wrong" });
  const state = h("p", { class: "running", role: "status" });
  const faults = h("div", { class: "faults" });
  const button = (label: string, click: () => void): HTMLElement =>
    h("button", { type: "button", class: "quiet", click }, label);
  const pass = (label: string, ms: number): HTMLElement => button(label, () => void act("pass", { ms }));
  byId("controls").append(
    state,
    pauses,
    h(
      "div",
      { class: "row", role: "group", "aria-label": "Pause" },
      h(
        "button",
        { type: "button", class: "stop", click: () => void act("pause", {}) },
        icon("held"),
        "Pause everything",
      ),
      button("Pause the machine’s own words", () => void act("pause", { words: "automatic" })),
    ),
    troubles,
    h("h3", {}, "Let time pass"),
    h(
      "div",
      { class: "row", role: "group", "aria-label": "Let time pass" },
      pass("10 minutes", 600_000),
      pass("1 hour", 3_600_000),
      pass("1 day", 86_400_000),
    ),
    h("h3", {}, "Faults"),
    faults,
    h(
      "div",
      { class: "row" },
      button("Switch all faults off", () => void act("calm", {})),
    ),
  );

  const switches = new Map<string, { readonly input: HTMLInputElement; readonly struck: HTMLElement }>();
  const groups = new Map<string, HTMLElement>();
  const switchOf = (fault: Fault): void => {
    const group = groups.get(fault.where) ?? h("fieldset", {}, h("legend", {}, fault.where));
    if (!groups.has(fault.where)) faults.append(group);
    groups.set(fault.where, group);
    const input = h("input", {
      type: "checkbox",
      role: "switch",
      change: () => void act("fault", { fault: fault.id, on: input.checked }),
    });
    const struck = h("span", { class: "struck" });
    group.append(h("label", { class: "switch" }, input, h("span", {}, `${fault.where} ${fault.what}`), struck));
    switches.set(fault.id, { input, struck });
  };

  return {
    show: (machine, now) => {
      const paused = machine.pauses.length > 0;
      const on = machine.faults.filter((fault) => fault.on).length;
      const words = paused ? "Paused: what it matches does not leave." : "The machine is working.";
      if (state.textContent !== words) state.replaceChildren(icon(paused ? "held" : "done"), words);
      state.classList.toggle("paused", paused);
      list(
        pauses,
        machine.pauses,
        ({ id }) => id,
        ({ id, what, since }) =>
          h(
            "li",
            {},
            h("span", {}, `${what}, since `, time(since, now)),
            h(
              "button",
              {
                type: "button",
                "data-does": "resume",
                "aria-label": `Go on: ${what}`,
                click: () => void act("resume", { id }),
              },
              "Go on",
            ),
          ),
      );
      list(troubles, machine.troubles, String, (trouble) => h("li", {}, icon("fault"), h("span", {}, trouble)));
      for (const fault of machine.faults) {
        if (!switches.has(fault.id)) switchOf(fault);
        const shown = switches.get(fault.id);
        if (shown === undefined) continue;
        shown.input.checked = fault.on;
        put(shown.struck, fault.struck === 0 ? "" : `struck ${fault.struck}×`);
      }
      const acts = machine.waiting === 1 ? "1 act is under way" : `${machine.waiting} acts are under way`;
      put(byId("load"), on === 0 ? acts : `${acts}, ${on} fault${on === 1 ? " is" : "s are"} on`);
    },
  };
};
