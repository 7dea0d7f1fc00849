import { existsSync } from "node:fs";
import axe from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from "playwright-core";
import { createConsole } from "../../src/cli/console/server.ts";

const known = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"].map(
  (name) => `/usr/bin/${name}`,
);
const executablePath = [process.env["CHROMIUM"] ?? "", ...known].find((path) => existsSync(path));

/** Why nothing can be looked at in a browser here, if so. */
export const noBrowser: string | undefined =
  executablePath === undefined
    ? `skipped: there is no Chromium at ${known.join(", ")}; install one, or name it in CHROMIUM`
    : undefined;
if (noBrowser !== undefined) console.log(noBrowser);

/** A Chromium without a window, which finds no way off this machine. */
export const launch = (): Promise<Browser> =>
  chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ],
  });

/** The console in a browser, with what it asked for and what went wrong in it. */
export interface Visit extends AsyncDisposable {
  readonly page: Page;
  readonly panel: Locator;
  readonly feed: Locator;
  readonly letters: Locator;
  readonly url: string;
  /** Hosts that were asked for anything. */
  readonly hosts: ReadonlySet<string>;
  /** What the page said of itself: errors, refused loads. */
  readonly wrong: readonly string[];
  /** Answers as the agent, in the panel. */
  answer(door: "public" | "private", text: string): Promise<void>;
  /** Posts as the customer. */
  post(text: string): Promise<void>;
  /** What axe finds wrong, a line each. */
  violations(): Promise<readonly string[]>;
}

/** Opens a console of its own. */
export const visit = async (browser: Browser, how: BrowserContextOptions = {}): Promise<Visit> => {
  const served = await createConsole({ port: 0 });
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce", ...how });
  const page = await context.newPage();
  const hosts = new Set<string>();
  const wrong: string[] = [];
  // It styles what it measures, which the page does not let it: that says nothing of the page.
  let measuring = false;
  page.on("request", (request) => hosts.add(new URL(request.url()).host));
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("console", (message) => {
    if (measuring) return;
    if (message.type() === "error" || message.type() === "warning") wrong.push(message.text());
  });
  await page.goto(served.url);
  await page.getByText("The machine is working.").waitFor({ state: "attached" });
  const panel = page.locator("casethread-panel");
  return {
    page,
    panel,
    feed: page.locator("#posts"),
    letters: page.locator("#letters"),
    url: served.url,
    hosts,
    wrong,
    answer: async (door, text) => {
      await panel.getByRole("radio", { name: `${door} door` }).check();
      await panel.getByRole("textbox", { name: /^Answer/ }).fill(text);
      await panel.getByRole("button", { name: `in ${door}` }).click();
    },
    post: async (text) => {
      await page.locator("#post-text").fill(text);
      await page.locator("#post-send").click();
    },
    violations: async () => {
      measuring = true;
      await page.evaluate(axe.source);
      const found = (await page.evaluate(`axe.run()`)) as axe.AxeResults;
      measuring = false;
      return found.violations.flatMap(({ id, nodes }) =>
        nodes.map(({ html, any }) => `${id}: ${html} ${any[0]?.message ?? ""}`),
      );
    },
    [Symbol.asyncDispose]: async () => {
      await context.close();
      await served[Symbol.asyncDispose]();
    },
  };
};
