type Child = Node | string | undefined | false;
type Listener = (event: Event) => void;
type Props = Readonly<Record<string, string | number | boolean | Listener | undefined>>;

/** Makes an element. Words go in as text and nothing else: what customers write is never read as markup. */
export const h = <Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  props: Props = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== undefined && value !== false) element.setAttribute(name, String(value));
  }
  for (const child of children) if (child !== undefined && child !== false) element.append(child);
  return element;
};

/** An element that the page has from the beginning. */
export const byId = (id: string): HTMLElement => document.getElementById(id) as HTMLElement;

/** Sets an element's words, where they are others. */
export const put = (element: Element, text: string): void => {
  if (element.textContent !== text) element.textContent = text;
};

interface Kept {
  readonly json: string;
  readonly element: HTMLElement;
}
const memory = new WeakMap<Element, Map<string, Kept>>();

/** Which button has the focus, by what it does, so that its successor gets it. */
const focusIn = (parent: Element): { readonly key: string; readonly does: string } | undefined => {
  const { activeElement } = parent.getRootNode() as Document | ShadowRoot;
  if (activeElement === null || activeElement === parent || !parent.contains(activeElement)) return undefined;
  const item = [...parent.children].find((one) => one.contains(activeElement));
  return { key: item?.getAttribute("data-key") ?? "", does: activeElement.getAttribute("data-does") ?? "" };
};

/**
 * Shows a list: elements whose items are the same stay as they are, with their focus. Where the one that had it is gone, the
 * list itself has it, so that whoever goes by keyboard does not begin at the top of the page.
 */
export const list = <T>(
  parent: HTMLElement,
  items: readonly T[],
  keyOf: (item: T) => string,
  make: (item: T) => HTMLElement,
): void => {
  const before = memory.get(parent) ?? new Map<string, Kept>();
  const after = new Map<string, Kept>();
  const focus = focusIn(parent);
  for (const item of items) {
    const key = keyOf(item);
    const json = JSON.stringify(item);
    const known = before.get(key);
    if (known?.json === json) {
      after.set(key, known);
      continue;
    }
    const element = make(item);
    element.setAttribute("data-key", key);
    after.set(key, { json, element });
  }
  const wanted = new Set([...after.values()].map(({ element }) => element));
  for (const child of parent.querySelectorAll<HTMLElement>(":scope > *")) if (!wanted.has(child)) child.remove();
  let at = 0;
  for (const element of wanted) {
    const there = parent.children[at] ?? null;
    if (there !== element) parent.insertBefore(element, there);
    at++;
  }
  memory.set(parent, after);
  if (focus === undefined || focusIn(parent) !== undefined) return;
  const next = after.get(focus.key)?.element.querySelector<HTMLElement>(`[data-does="${CSS.escape(focus.does)}"]`);
  (next ?? parent).focus();
};

const marks = {
  public: "M3 10v4h3l6 4V6L6 10H3Zm13-2a5 5 0 0 1 0 8M18.5 5.5a9 9 0 0 1 0 13",
  private: "M7 11V8a5 5 0 0 1 10 0v3M5 11h14v9H5zM12 15v2",
  held: "M8 5v14M16 5v14",
  waiting: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Zm0 4v5l3 3",
  done: "M4 12l5 5L20 6",
  machine: "M6 8h12v10H6zM12 4v4M9 12v2M15 12v2M3 12v3M21 12v3",
  fault: "M13 3 5 14h6l-1 7 8-11h-6z",
  open: "M5 20V4h9v16M14 4l5 2v16l-5-2M3 20h18M11 12v.5",
  closed: "M6 20V4h12v16M3 20h18M15 12v.5",
  why: "M9 9a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.2-1.5 2.4M12 18v.5",
} as const;

/** A sign. It never stands alone: the word beside it says the same. */
export const icon = (name: keyof typeof marks): SVGSVGElement => {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [attribute, value] of [
    ["viewBox", "0 0 24 24"],
    ["class", "icon"],
    ["aria-hidden", "true"],
    ["focusable", "false"],
  ] as const)
    svg.setAttribute(attribute, value);
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", marks[name]);
  svg.append(path);
  return svg;
};

const hour = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const dayAndHour = new Intl.DateTimeFormat("en-GB", {
  weekday: "short",
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
});
const seconds = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** A moment: the hour, and the day where it is not today. */
export const moment = (at: number, now: number): string =>
  (new Date(at).toDateString() === new Date(now).toDateString() ? hour : dayAndHour).format(at);

/** A moment to the second. */
export const second = (at: number): string => seconds.format(at);

const counted = (n: number, unit: string): string => `${n} ${unit}${n === 1 ? "" : "s"}`;

/** A span of time, in its largest unit. */
export const span = (ms: number): string => {
  const minutes = Math.floor(Math.abs(ms) / 60_000);
  if (minutes < 1) return "less than a minute";
  if (minutes < 60) return counted(minutes, "minute");
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? counted(hours, "hour") : counted(Math.floor(hours / 24), "day");
};

/** A moment as an element that machines read as well. */
export const time = (at: number, now: number): HTMLTimeElement =>
  h("time", { datetime: new Date(at).toISOString() }, moment(at, now));
