import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, noBrowser, visit } from "./browser.ts";

const sorry = "I am sorry, Maria. Please send us a private message, and I will find your parcel.";

describe.skipIf(noBrowser !== undefined)("the console, in a browser", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  }, 60_000);
  afterAll(() => browser.close());

  it("shows one post through the house: the case, both doors, what is held and why, and its end", async () => {
    await using seen = await visit(browser);
    const { page, panel, feed, letters } = seen;
    expect(await seen.violations()).toEqual([]);
    await page.getByRole("button", { name: "Post", exact: true }).click();
    await panel.getByText(/^Case \d{8}/).waitFor();
    await panel.getByText(/^Waiting for us since .* promised by/).waitFor();
    await expect.poll(() => panel.getByText("closed: the customer has not written").isVisible()).toBe(true);
    await panel
      .getByRole("textbox", { name: /^Answer/ })
      .fill("https://acme.com/a/very/long/way/to/say/where/it/is 小包");
    await panel.getByText("28 of 280 as X counts").waitFor();
    await seen.answer("public", sorry);
    await feed.getByText(sorry).waitFor();
    await panel.getByText("Waiting for the customer since").waitFor();

    await feed.getByRole("button", { name: "Send a private message" }).click();
    await page.locator("#letter-text").fill("It is order 4711-0815.");
    await page.locator("#letter-send").click();
    await panel.locator(".entry.private", { hasText: "order 4711-0815" }).waitFor();
    await panel.getByText(/^open until /).waitFor();

    await seen.answer("public", "Order 4711-0815 is at the depot: ask depot@acme-parts.com.");
    const held = panel.locator(".draft");
    await held.getByText("Held, not sent").waitFor();
    expect(await held.locator("mark").allInnerTexts()).toEqual([
      "4711 (told in private)",
      "0815 (told in private)",
      "depot@acme-parts.com (e-mail address)",
    ]);
    await page.emulateMedia({ colorScheme: "dark" });
    expect(await seen.violations()).toEqual([]);
    await held.getByRole("button", { name: "Change the words" }).click();
    await panel.getByRole("radio", { name: "Private door" }).check();
    await panel.getByRole("button", { name: "Change it, answer in private" }).click();
    await letters.getByText("is at the depot").waitFor();
    expect(await feed.getByText("4711").count()).toBe(0);

    await panel.getByRole("button", { name: "Close the case" }).click();
    await feed.getByText("Glad we could sort it out, Maria.").waitFor();
    await panel.getByText("Nobody is waited for").waitFor();
    const trail = page.locator("#trail");
    for (const why of [
      "a new conversation begins",
      "the answer carries an invite",
      "held: private data in public words",
      "closed by a person",
    ])
      await trail.getByText(why).first().waitFor();
    expect(await trail.getByText(/4711|depot|sorry/).count()).toBe(0);
    expect([...seen.hosts]).toEqual([new URL(seen.url).host]);
    expect(seen.wrong).toEqual([]);
  });

  it("opens a case at the door that is open, and takes no words where none would wait", async () => {
    await using seen = await visit(browser);
    const { page, panel } = seen;
    await page.locator("#letter-text").fill("It is me, about order 4711.");
    await page.locator("#letter-send").click();
    await panel.getByText(/^Case \d{8}/).waitFor();
    expect(await panel.getByRole("radio", { name: "Private door" }).isChecked()).toBe(true);
    const send = panel.locator('button[type="submit"]');
    await panel.getByRole("textbox", { name: /^Answer/ }).fill("Hello");
    expect(await send.isEnabled()).toBe(true);
    await panel.getByRole("radio", { name: "Public door" }).check();
    expect(await panel.locator("#public-state").innerText()).toBe("closed: there is no public post to answer.");
    expect(await send.isDisabled()).toBe(true);
    await panel.getByRole("textbox", { name: /^Answer/ }).press("Control+Enter");
    await panel.getByRole("radio", { name: "Private door" }).check();
    await send.click();
    await seen.letters.getByText("Hello").waitFor();
    expect(await panel.locator(".entry.public").count()).toBe(0);
  });

  it("keeps the focus of whoever goes by keyboard", async () => {
    await using seen = await visit(browser);
    const { page, panel, feed } = seen;
    const focused = () => panel.evaluate((one) => one.shadowRoot?.activeElement?.id);
    await page.locator("#post-send").click();
    await panel.getByText(/^Case \d{8}/).waitFor();
    await panel.getByRole("textbox", { name: /^Answer/ }).fill(sorry);
    await panel.getByRole("button", { name: "in public" }).press("Enter");
    await feed.getByText(sorry).waitFor();
    expect(await focused()).toBe("words");
    await panel.getByRole("button", { name: "Close the case" }).press("Enter");
    await panel.getByRole("button", { name: "Closed" }).waitFor();
    expect(await focused()).toBe("words");
    expect(seen.wrong).toEqual([]);
  });

  it("shows hostile words as words", async () => {
    await using seen = await visit(browser);
    const words = `@acme_help <img src=x onerror="document.title='owned'"><script>document.title='owned'</script>\u202Eevil`;
    await seen.post(words);
    for (const where of [seen.feed, seen.panel]) await where.getByText("<script>").first().waitFor();
    expect(await seen.page.locator("#posts img, #posts script").count()).toBe(0);
    expect(await seen.panel.locator("img, script").count()).toBe(0);
    expect(await seen.page.title()).toBe("casethread sandbox");
    expect([...seen.hosts]).toEqual([new URL(seen.url).host]);
    expect(seen.wrong).toEqual([]);
  });
});
