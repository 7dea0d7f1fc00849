import { facebook, type FacebookOptions } from "casethread/facebook";
import { createFacebookSandbox, type FacebookSandbox } from "casethread/facebook/sandbox";
import { serve } from "casethread/sandbox";
import { describe, expect, test } from "vitest";
import { acme, kitAt, other } from "./subject.ts";

const kit = () => kitAt(Date.now);
const about = { channels: ["facebook"] };
const saidBy = async (options: FacebookOptions, over = {}): Promise<readonly string[]> =>
  ((await facebook(options).check?.({ ...about, ...over }, kit())) ?? []).map(({ as, say }) => `${as} ${say}`);
const town = (lacks: readonly string[] = []): Promise<FacebookSandbox> =>
  createFacebookSandbox({
    pages: [
      { id: acme, name: "Acme" },
      { id: other, name: "Acme News", lacks },
    ],
  });
/** Answers Meta's challenge as the bridge does, and takes what comes. */
const mounted = ({ options }: FacebookSandbox) =>
  serve(async (request) => {
    const body = new Uint8Array(await request.arrayBuffer());
    const delivery = { method: request.method, url: new URL(request.url), headers: request.headers, body };
    const reading = await facebook(options()).read(delivery, kit());
    return "handshake" in reading ? reading.handshake : new Response("ok");
  });

describe("what is looked at", () => {
  test("tokens: another Page's, revoked, and what they lack", async () => {
    await using sandbox = await town(["pages_read_user_content", "pages_manage_engagement"]);
    const { pages, ...options } = sandbox.options();
    const [one, two] = pages;
    if (one === undefined || two === undefined) throw new Error("no Pages");
    const said = await saidBy({ ...options, pages: [{ ...one, token: two.token }, two] });
    expect(said).toContainEqual(expect.stringMatching(`^wrong Page ${acme}: its token is none of this Page`));
    expect(said).toContainEqual(
      `wrong Page ${other}: its token lacks pages_read_user_content, pages_manage_engagement: authorise the app again with them.`,
    );
    expect(said).toContainEqual("wrong the app has no webhook for Pages: register one.");
    expect(await saidBy({ ...options, pages: [{ ...one, token: "EAAG-old" }] })).toContainEqual(
      expect.stringMatching(`^wrong Page ${acme}: Meta does not take its token any more`),
    );
    const { id: _, ...app } = options.app;
    expect(await saidBy({ ...options, app, pages })).toEqual([
      expect.stringContaining("app.id (FACEBOOK_APP_ID) is not given"),
    ]);
    expect(await saidBy({ ...options, app: { ...options.app, secret: "an0ther" }, pages: [one] })).toContainEqual(
      expect.stringMatching(`^wrong Page ${acme}: \\[facebook: unauthorized\\]`),
    );
  });

  test("a Page whose comments alone are answered: said, and nothing of Messenger is asked for", async () => {
    await using sandbox = await createFacebookSandbox({ pages: [{ id: acme, name: "Acme", messaging: false }] });
    await using end = await mounted(sandbox);
    const webhook = `${end.origin}/facebook`;
    await sandbox.connect({ url: webhook });
    const said = await saidBy(sandbox.options(), { webhook });
    expect(said.filter((one) => one.startsWith("wrong"))).toEqual([]);
    expect(said).toContainEqual(
      `note Page ${acme}: its token lacks pages_messaging: comments are answered, and nobody in private.`,
    );
    expect(await facebook(sandbox.options()).setup?.({ ...about, webhook }, kit())).toEqual([]);
  });

  test("subscriptions that Meta ended, and a version that ends", async () => {
    await using sandbox = await town();
    await sandbox.unsubscribe({ page: acme });
    const said = await saidBy(sandbox.options());
    expect(said).toContainEqual(expect.stringMatching(`^wrong Page ${acme} is not subscribed to feed, mention`));
    expect(said).toContainEqual(expect.stringMatching(`^well Page ${other} is subscribed`));
    const later = kitAt(() => Date.parse("2027-01-01"));
    expect(await facebook({ ...sandbox.options(), version: "v21.0" }).check?.(about, later)).toContainEqual({
      as: "wrong",
      say: "Graph v21.0 ends on 2027-01-21: set options.version to a newer one.",
    });
  });
});

test("it is set up from nothing: each step said, then done, and nothing is left", async () => {
  await using sandbox = await town();
  await sandbox.unsubscribe({ page: other });
  await using end = await mounted(sandbox);
  const channel = facebook(sandbox.options());
  const webhook = `${end.origin}/facebook`;
  const steps = async () => (await channel.setup?.({ ...about, webhook }, kit())) ?? [];
  const first = await steps();
  expect(first.map(({ say }) => say)).toEqual([
    `register the app's webhook for Pages at ${webhook}; Meta asks it to answer a challenge, so the bridge must be up`,
    `set a Get Started button on Page ${acme}`,
    expect.stringMatching(`^subscribe Page ${other} to feed, mention`),
    `set a Get Started button on Page ${other}`,
  ]);
  expect((await sandbox.state()).requests.every(({ method }) => method === "GET")).toBe(true);
  for (const { run } of first) expect(await run(kit())).not.toBe("");
  expect(await steps()).toEqual([]);
  expect((await saidBy(sandbox.options(), { webhook })).filter((one) => one.startsWith("wrong"))).toEqual([]);
  // Nothing that the sandbox saw and tells holds a token.
  expect(JSON.stringify(await sandbox.state())).not.toContain("EAAG-");

  const { id: _, ...app } = sandbox.options().app;
  await expect(facebook({ ...sandbox.options(), app }).setup?.({ ...about, webhook }, kit())).rejects.toThrow(
    "app.id (FACEBOOK_APP_ID) is not given: give it, for the app's webhook cannot be registered without it.",
  );

  const moved = { ...about, webhook: "http://127.0.0.1:1/facebook" };
  const [move] = (await channel.setup?.(moved, kit())) ?? [];
  expect(move?.say).toContain(`in place of ${webhook}`);
  await expect(move?.run(kit())).rejects.toThrow(
    "Meta does not take http://127.0.0.1:1/facebook: is the bridge up there",
  );
  await expect(channel.setup?.(about, kit())).rejects.toThrow("where Meta is to deliver is not known");
});

test("a sandbox whose webhook does not answer the challenge says so", async () => {
  await using sandbox = await town();
  await using end = await serve(() => Promise.resolve(new Response("who?", { status: 404 })));
  await expect(sandbox.connect({ url: `${end.origin}/facebook` })).rejects.toThrow(
    "the webhook did not answer Meta's challenge (HTTP 404): is the bridge mounted there, with this app's verify token?",
  );
});
