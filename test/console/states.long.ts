import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, noBrowser, visit, type Visit } from "./browser.ts";

const folder = process.env["CASETHREAD_SHOTS"] ?? mkdtempSync(join(tmpdir(), "casethread-console-"));
const views = ["feed", "private", "case", "why", "machine"] as const;
type View = (typeof views)[number];
const wide = { width: 1280, height: 800 };
const narrow = { width: 390, height: 844 };

/** What reaches out of the page's width, or is cut off without a way to scroll to it. */
const overflowing = (): readonly string[] => {
  const found: string[] = [];
  if (document.documentElement.scrollWidth > innerWidth)
    found.push(`the page is ${document.documentElement.scrollWidth} wide`);
  const look = (root: Document | ShadowRoot): void => {
    for (const one of root.querySelectorAll<HTMLElement>("*")) {
      if (one.shadowRoot !== null) look(one.shadowRoot);
      const { left, right, width } = one.getBoundingClientRect();
      if (width === 0 || one.closest("svg, .unseen, .skip") !== null) continue;
      const style = getComputedStyle(one);
      const scrolls = one.parentElement?.closest("#case > nav") !== null;
      if (!scrolls && (right > innerWidth + 1 || left < -1))
        found.push(`${one.tagName}.${one.className} ${left}-${right}`);
      if (style.overflowY === "hidden" && one.scrollHeight > one.clientHeight + 1)
        found.push(`${one.tagName}.${one.className} is cut below`);
      if (style.overflowX === "hidden" && one.scrollWidth > one.clientWidth + 1)
        found.push(`${one.tagName}.${one.className} is cut`);
    }
  };
  look(document);
  return found;
};

describe.skipIf(noBrowser !== undefined)("the console's states, as they look", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
    console.log(`screenshots: ${folder}`);
  }, 60_000);
  afterAll(() => browser.close());

  /** Looks at a state at both widths and in both lights, and keeps what it looks like. */
  const look = async (seen: Visit, name: string, view: View): Promise<void> => {
    const { page } = seen;
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(wide);
      expect([name, colorScheme, ...(await seen.violations())]).toEqual([name, colorScheme]);
      expect([name, ...(await page.evaluate(overflowing))]).toEqual([name]);
      await page.screenshot({ path: join(folder, `${name}-${wide.width}-${colorScheme}.png`) });
      await page.setViewportSize(narrow);
      for (const one of views) {
        await page.locator(`nav a[data-view="${one}"]`).click();
        expect([name, one, ...(await page.evaluate(overflowing))]).toEqual([name, one]);
      }
      await page.locator(`nav a[data-view="${view}"]`).click();
      expect([name, colorScheme, view, ...(await seen.violations())]).toEqual([name, colorScheme, view]);
      await page.screenshot({ path: join(folder, `${name}-${narrow.width}-${colorScheme}.png`), fullPage: true });
    }
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize(wide);
  };

  it("one post through the house", { timeout: 600_000 }, async () => {
    await using seen = await visit(browser);
    const { page, panel, feed, letters } = seen;
    await look(seen, "1-empty", "feed");

    await page.getByRole("button", { name: "Post", exact: true }).click();
    await panel.getByText(/^Case \d{8}/).waitFor();
    const words = panel.getByRole("textbox", { name: /^Answer/ });
    await words.fill(`We are sorry, Maria. ${"We look for your parcel in every depot there is. ".repeat(7)}`);
    await panel.getByText("goes in 2 parts").waitFor();
    await look(seen, "2-writing", "case");

    await seen.answer("public", "I am sorry, Maria. Please send us a private message, and I will find your parcel.");
    await feed.getByRole("button", { name: "Send a private message" }).waitFor();
    await panel.getByText("Waiting for the customer").waitFor();
    await look(seen, "3-invited", "feed");

    await feed.getByRole("button", { name: "Send a private message" }).click();
    await page.locator("#letter-send").click();
    await panel.locator(".entry.private").waitFor();
    await seen.answer("private", "Thank you, Maria. I have found order 4711-0815: it is at the depot.");
    await letters.getByText("it is at the depot").waitFor();
    await look(seen, "4-private", "private");

    await seen.answer("public", "Maria, order 4711-0815 is there: call +49 170 1234567 or mail depot@acme-parts.com.");
    await panel.getByText("Held, not sent").waitFor();
    await look(seen, "5-held", "case");

    await panel.getByRole("button", { name: "Take it back" }).click();
    await expect.poll(() => panel.getByText("Held, not sent").count()).toBe(0);
    await panel.getByRole("button", { name: "Close the case" }).click();
    await feed.getByText("Glad we could sort it out").waitFor();
    await panel.getByText("Nobody is waited for").waitFor();
    await look(seen, "6-closed", "why");
    expect(seen.wrong).toEqual([]);
    expect([...seen.hosts]).toEqual([new URL(seen.url).host]);
  });

  it("a pause, a yes; a network that is away; more than one case", { timeout: 600_000 }, async () => {
    await using seen = await visit(browser);
    const { page, panel, feed } = seen;
    await page.getByRole("button", { name: "Post", exact: true }).click();
    await panel.getByText(/^Case \d{8}/).waitFor();
    await page.getByRole("button", { name: "Pause everything" }).click();
    await page.getByText("Paused: what it matches does not leave.").waitFor();
    await panel.getByText("closed: paused").first().waitFor();
    await seen.answer("public", "We are looking for it, Maria.");
    await panel.getByText("Held, not sent").waitFor();
    await panel.getByText("Because: paused.").waitFor();
    await look(seen, "7-paused", "machine");
    await page.getByRole("button", { name: "Go on: everything" }).click();
    await panel.getByRole("button", { name: "Say yes, send it" }).click();
    await feed.getByText("We are looking for it, Maria.").waitFor();

    await page.getByRole("switch", { name: "X is away: takes nothing" }).check();
    await seen.answer("public", "It is on its way.");
    await panel.getByText(/not there yet: no answer came/).waitFor();
    // Whether it was done X does not say: what cannot be seen there is a person's to decide.
    await panel.locator(".draft.parked").waitFor({ timeout: 90_000 });
    await expect.poll(() => page.locator(".struck").first().innerText()).toMatch(/struck \d+×/);
    await page.getByRole("radio", { name: "Facebook" }).check();
    await page.getByLabel("You are").first().selectOption("Tom Berg");
    await seen.post("I cannot breathe since your driver sprayed something. Help!");
    await page.locator("#cases").getByText("Tom Berg").waitFor();
    await page.getByLabel("You are").first().selectOption("Ada Obi");
    await seen.post("I am a journalist: any comment on the lost parcels?");
    await page.locator("#cases").getByText("Ada Obi").waitFor();
    await page
      .locator("#cases")
      .getByRole("button", { name: /Maria Keller/ })
      .click();
    await panel.locator(".draft.parked").waitFor();
    await look(seen, "8-away", "case");
    await page.getByRole("button", { name: "Switch all faults off" }).click();
    await expect.poll(() => page.getByRole("switch", { checked: true }).count()).toBe(0);
    await panel.getByRole("button", { name: /^It is there/ }).waitFor();
    await panel.getByRole("button", { name: /^Send it again/ }).click();
    await page.getByRole("radio", { name: "X", exact: true }).check();
    await feed.getByText("It is on its way.").waitFor();
    expect(seen.wrong).toEqual([]);
  });

  it("works by the keyboard alone, and keeps its place", { timeout: 120_000 }, async () => {
    await using seen = await visit(browser);
    const { page, panel, feed } = seen;
    const here = (): Promise<string> =>
      page.evaluate(() => {
        let at = document.activeElement;
        while (at?.shadowRoot?.activeElement != null) at = at.shadowRoot.activeElement;
        return `${at?.getAttribute("aria-label") ?? ""} ${at?.id ?? ""} ${(at as HTMLInputElement | null)?.value ?? ""} ${at?.textContent ?? ""}`;
      });
    const tabTo = async (what: RegExp): Promise<void> => {
      for (let tabs = 0; tabs < 90; tabs++) {
        await page.keyboard.press("Tab");
        if (what.test(await here())) return;
      }
      throw new Error(`nothing that matches ${what} can be reached by Tab`);
    };
    await tabTo(/Skip to the case/);
    await tabTo(/post-text/);
    await page.keyboard.press("Control+Enter");
    await panel.getByText(/^Case \d{8}/).waitFor();
    await tabTo(/ words /);
    await page.keyboard.type("Call me at +49 170 1234567, Maria.");
    await page.keyboard.press("Control+Enter");
    await panel.getByText("Held, not sent").waitFor();
    await page.keyboard.press("Shift+Tab");
    await tabTo(/words/);
    for (let back = 0; back < 12 && !(await here()).trim().startsWith("Take it back"); back++)
      await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Enter");
    await expect.poll(() => panel.getByText("Held, not sent").count()).toBe(0);
    // Whoever took it back is not thrown to the top of the page.
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("CASETHREAD-PANEL");
    expect(await here()).toMatch(/^ words /);
    await page.keyboard.type("We are on it.");
    await tabTo(/Answer in public/);
    await page.keyboard.press("Enter");
    await feed.getByText("We are on it.").waitFor();
    await tabTo(/Pause everything/);
    await page.keyboard.press("Enter");
    await page.getByText("Paused: what it matches does not leave.").waitFor();
    // What moves is said to who does not see it.
    await expect.poll(() => page.locator("#announce").innerText()).toContain("Ann Bauer, in public: We are on it.");
  });

  it("on Facebook: a comment, a private reply, Messenger", { timeout: 120_000 }, async () => {
    await using seen = await visit(browser);
    const { page, panel, feed, letters } = seen;
    await page.getByRole("radio", { name: "Facebook" }).check();
    await seen.post("My parcel is lost.");
    await panel.getByText("to Acme Help on Facebook").waitFor();
    await panel.getByText(/^open until/).waitFor();
    await seen.answer("private", "Hello Maria, which order is it?");
    await letters.getByText("which order is it").waitFor();
    await page.locator("#letter-text").fill("4711-0815");
    await page.locator("#letter-send").click();
    await panel.locator(".entry.private.customer", { hasText: "4711-0815" }).waitFor();
    await seen.answer("public", "We have written to you, Maria.");
    await feed.getByText("We have written to you").waitFor();
    await feed.getByRole("button", { name: /^Take back: My parcel/ }).click();
    await panel.getByText("These words are kept no more.").waitFor();
    expect(seen.wrong).toEqual([]);
  });

  it(
    "on Facebook: who takes up a public invitation is confirmed, and nobody reads another's letters",
    {
      timeout: 120_000,
    },
    async () => {
      await using seen = await visit(browser);
      const { page, panel, feed, letters } = seen;
      await page.getByRole("radio", { name: "Facebook" }).check();
      await seen.post("My parcel is lost.");
      await panel.getByText("to Acme Help on Facebook").waitFor();
      await seen.answer("public", "I am sorry, Maria. Please write to us.");
      await feed.getByRole("button", { name: "Send a private message" }).click();
      await page.locator("#letter-text").fill("It is order 4711-0815.");
      await page.locator("#letter-send").click();
      await letters.getByText("It is order 4711-0815.").waitFor();
      await expect.poll(() => page.locator("#cases button").count()).toBe(2);
      await page.locator("#cases button").first().click();
      await panel.getByText(/^Came by the invitation given to Maria Keller, case \d{8}/).waitFor();
      await look(seen, "9-claimed", "case");
      await page.getByLabel("You are").first().selectOption("Tom Berg");
      expect(await letters.getByText("4711").count()).toBe(0);
      await page.getByLabel("You are").first().selectOption("Maria Keller");
      await letters.getByText("4711").waitFor();
      await panel.getByRole("button", { name: "It is the same person" }).click();
      await expect.poll(() => page.locator("#cases button").count()).toBe(1);
      await page.locator("#cases button").first().click();
      await panel.locator(".entry.public", { hasText: "My parcel is lost." }).waitFor();
      await panel.locator(".entry.private", { hasText: "4711-0815" }).waitFor();
      expect(await panel.getByText("Came by the invitation").count()).toBe(0);
      await look(seen, "10-confirmed", "case");
      expect(seen.wrong).toEqual([]);
    },
  );

  it("comes back when the sandbox was away, and says so meanwhile", { timeout: 60_000 }, async () => {
    const seen = await visit(browser);
    const { page } = seen;
    await page.context().setOffline(true);
    await page.evaluate(() => dispatchEvent(new Event("offline")));
    await page.locator("#post-send").click();
    await page.getByRole("alert").getByText("is casethread sandbox still running?").waitFor();
    // The words are not lost with it.
    expect(await page.locator("#post-text").inputValue()).toContain("my parcel");
    await page.context().setOffline(false);
    await page.locator("#post-send").click();
    await seen.panel.getByText(/^Case \d{8}/).waitFor();
    expect(await page.getByRole("alert").isVisible()).toBe(false);
    await seen[Symbol.asyncDispose]();
  });
});
