import { createCustomers } from "./customers.ts";
import { byId, h, icon, list, put } from "./dom.ts";
import { createBoard, showTrail } from "./machine.ts";
import type { CaseLine, CaseView, Way } from "./model.ts";
import type { AgentPanel, PanelAct } from "./panel.ts";
import { connect } from "./wire.ts";
import "./panel.ts";

const panel = document.querySelector<AgentPanel>("casethread-panel") as AgentPanel;
const agent = byId("agent") as HTMLSelectElement;
const oops = byId("oops");

let selected: string | undefined;
let chosen = false;
let counting = 0;

/** Does something, and says so where it cannot be done. */
const act = async (verb: string, what: object): Promise<boolean> => {
  try {
    await wire.tell(verb, what);
    oops.hidden = true;
    return true;
  } catch (thrown) {
    put(oops, thrown instanceof Error ? thrown.message : String(thrown));
    oops.hidden = false;
    return false;
  }
};

const now = (): number => Date.now() + (wire.parts.clock?.ahead ?? 0);
const caseNow = (): CaseView | undefined => (selected === undefined ? undefined : wire.cases.get(selected));

const announce = (words: string): void => put(byId("announce"), words);

/** What has changed for who listens instead of looking. */
const told = new Map<string, { readonly entries: number; readonly held: number; readonly closed: boolean }>();
const tellOf = (view: CaseView): void => {
  const before = told.get(view.key);
  const { drafts, parked, closed, entries } = view;
  const held = drafts.length + parked.length;
  told.set(view.key, { entries: entries.length, held, closed });
  const last = entries.at(-1);
  if (before === undefined) announce(`A new case of ${view.customer}.`);
  else if (held > before.held) announce(`Held: ${drafts.at(-1)?.because.join(", ") ?? parked.at(-1)?.because ?? ""}.`);
  else if (entries.length > before.entries && last !== undefined)
    announce(`${last.name}, in ${last.door}: ${last.text ?? "taken back"}`);
  else if (closed && !before.closed) announce(`The case of ${view.customer} is closed.`);
};

const whom = { us: "waits for us", customer: "waits for the customer", nobody: "nobody waits" } as const;

const lineOf = (one: CaseLine): HTMLElement =>
  h(
    "li",
    {},
    h(
      "button",
      {
        type: "button",
        class: "line",
        "data-does": "select",
        "aria-current": one.key === selected ? "true" : undefined,
        click: () => {
          selected = one.key;
          chosen = true;
          render();
        },
      },
      h("strong", {}, one.customer),
      h("span", {}, one.number ?? "no case yet"),
      one.held > 0 && h("span", { class: "badge held" }, icon("held"), `${one.held} held`),
      one.urgent && h("span", { class: "badge urgent" }, "urgent"),
      h(
        "span",
        { class: `who ${one.waiting.for}` },
        `${one.network === "x" ? "X" : "Facebook"}, ${whom[one.waiting.for]}`,
      ),
    ),
  );

const render = (): void => {
  const { parts } = wire;
  const lines = parts.cases ?? [];
  // Until somebody chooses, the newest is shown.
  if (!chosen || (selected !== undefined && !wire.cases.has(selected))) selected = lines[0]?.key;
  customers.show(parts, now());
  if (agent.options.length === 0)
    agent.append(...(parts.cast?.agents ?? []).map(({ id, name }) => h("option", { value: id }, name)));
  list(
    byId("cases"),
    lines.map((line) => ({ ...line, selected: line.key === selected })),
    ({ key }) => key,
    lineOf,
  );
  byId("how").hidden = lines.length > 0;
  panel.hidden = lines.length === 0;
  panel.now = now();
  panel.view = caseNow();
  showTrail(caseNow());
  if (parts.machine !== undefined) board.show(parts.machine, now());
};

/** Many parts come at once: they are shown with the next frame, together. */
let due = false;
const soon = (): void => {
  if (due) return;
  due = true;
  // A page in the background has no frames.
  setTimeout(() => {
    due = false;
    render();
  }, 16);
};

const views = [...document.querySelectorAll<HTMLAnchorElement>("nav a[data-view]")];
const turnTo = (view: string): void => {
  document.body.dataset["view"] = view;
  for (const link of views) {
    if (link.dataset["view"] === view) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
};

const customers = createCustomers(
  (verb, what) => act(verb, what),
  () => turnTo("private"),
);
const board = createBoard((verb, what) => act(verb, what));
let begun = false;
const wire = connect(
  (name) => {
    const view = name.startsWith("case/") ? wire.cases.get(name.slice("case/".length)) : undefined;
    // What stood there when the page was opened is no news.
    if (view !== undefined && begun) tellOf(view);
    else if (view !== undefined) told.set(view.key, { entries: view.entries.length, held: 0, closed: view.closed });
    if (name === "machine") begun = true;
    soon();
  },
  (live) => {
    put(byId("status"), live ? "Live" : "Connection lost: trying again");
    byId("status").className = live ? "live" : "lost";
  },
);

/** How long the words are is asked of the network's own counting; of several answers the last one stands. */
const count = async (conversation: string, text: string): Promise<void> => {
  const mine = ++counting;
  try {
    const ways = (await wire.tell("ways", { conversation, text })) as readonly Way[];
    if (mine === counting && conversation === selected) panel.ways = ways;
  } catch {
    // The doors stay as they were told last; an answer is counted again when it is taken.
  }
};

panel.addEventListener("act", (event) => {
  const { act: verb, ...what } = (event as CustomEvent<PanelAct>).detail;
  const conversation = selected;
  if (conversation === undefined) return;
  if ("text" in what && verb === "words") return void count(conversation, what.text);
  if (verb === "retry" || verb === "landed" || verb === "drop") return void act(verb, what);
  const by = agent.value;
  const given = verb === "release" || verb === "withdraw" ? { by, ...what } : { by, conversation, ...what };
  void act(verb, given).then((done) => {
    if (verb === "answer" || verb === "change") panel.taken = done;
  });
});

for (const link of views)
  link.addEventListener("click", (event) => {
    event.preventDefault();
    const view = link.dataset["view"] ?? "feed";
    turnTo(view);
    byId(view).focus();
  });
setInterval(soon, 10_000);
