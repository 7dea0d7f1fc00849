import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv, type AnySchema } from "ajv";
import addFormats from "ajv-formats";
import { expect, test } from "vitest";
import type { ChannelTask } from "casethread/adapter";
import { serve } from "casethread/sandbox";
import { x, xSetup } from "casethread/x";
import { acme, actTask, delivered, ground, messageTask, notes, replyTask } from "./subject.ts";

const file = join(process.env["CASETHREAD_EVIDENCE"] ?? "", "x", "openapi", "x-api-v2-openapi-2.167.json");
const there = process.env["CASETHREAD_EVIDENCE"] !== undefined && existsSync(file);
if (!there)
  console.log(
    "skipped: requests are checked against X's OpenAPI document where CASETHREAD_EVIDENCE names a folder that holds it.",
  );

/** What X's pages and the SDK say, and what its OpenAPI document says instead. */
const spellings: Readonly<Record<string, string>> = {
  "tweet.fields": "post.fields",
  edit_history_tweet_ids: "edit_history_post_ids",
  referenced_tweets: "referenced_posts",
  "referenced_tweets.id": "referenced_posts",
  note_tweet: "note_post",
  tweet_count: "post_count",
};
/** Fields that the document gives with an expansion only, and X's pages as fields of their own. */
const byExpansion = new Set(["author_id", "in_reply_to_user_id", "referenced_posts", "sender_id"]);

interface Operation {
  readonly parameters?: readonly ({ readonly $ref: string } | Parameter)[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: AnySchema }>> };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: AnySchema }>> }>
  >;
}
interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly schema: { readonly type?: string; readonly items?: { readonly enum?: readonly string[] } };
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly parameters: Readonly<Record<string, Parameter>> };
}

const photo = { kind: "image", url: "https://shop.example/files/1100000.png", type: "image/png", bytes: 1_100_000 };

const spelt = (word: string): string => spellings[word] ?? word;
const respelt = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(respelt);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [spelt(key), respelt(one)]));
};

test.skipIf(!there)("what is asked and what the sandbox answers is what X's OpenAPI document describes", async () => {
  const document = JSON.parse(readFileSync(file, "utf8")) as Document;
  const ajv = new Ajv({ strict: false, allErrors: true, discriminator: false });
  addFormats.default(ajv);
  ajv.addFormat("int32", true);
  ajv.addFormat("int64", true);
  ajv.addSchema(document, "x");
  // References inside the document are to itself.
  const rooted = (schema: unknown): AnySchema =>
    JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"x#/')) as AnySchema;
  const faultsOf = (schema: unknown, value: unknown): string => {
    const valid = ajv.compile(rooted(schema));
    return valid(value) ? "" : ajv.errorsText(valid.errors);
  };

  const at = await ground({ hostile: { indexLagMs: 0 } });
  await using sandbox = at.sandbox;
  const maria = await sandbox.persona("maria");
  const ours = await sandbox.say({ by: acme, text: "News" });
  const asked = await sandbox.say({ by: maria, text: "@AcmeHelp & where? https://a.example", replyTo: ours.id });
  await sandbox.dm({ by: maria, to: acme, text: "hello" });
  const post = { account: at.account, id: asked.id };
  const persona = { account: at.account, space: "user", id: maria.id };
  const now = at.clock.now();
  const reply = replyTask(at.account, asked.id, "Here", now, "ct-abcdefghijkmnpqrstuvwxyz23456789abcdefghijkm");
  const letter = messageTask(persona, "Hello", now);
  const withFile = { ...messageTask(persona, "", now), media: [{ ...photo, bytes: 1_100_000 }] } as ChannelTask;
  for (const task of [
    reply,
    letter,
    withFile,
    { ...reply, words: "And this", media: [photo, photo] } as ChannelTask,
    actTask(at.account, { do: "hide", post, hidden: true, because: "person" }, now),
    actTask(at.account, { do: "look", post, persona }, now),
    actTask(at.account, { do: "look", post, persona: { ...persona, id: acme } }, now),
  ]) {
    await at.channel.perform(task, at.kit());
  }
  const video = { ...photo, url: "https://shop.example/files/900.mp4", type: "video/mp4", bytes: 900 };
  const moving = { ...messageTask(persona, "And so", now + 1), media: [video] } as ChannelTask;
  await expect(at.channel.prepare?.(moving, at.kit())).rejects.toMatchObject({ fault: "unavailable" });
  await at.clock.advance(5_000);
  await at.channel.perform(moving, at.kit());
  for (const task of [reply, letter]) {
    expect(await at.channel.landed(task, { attempt: 1, sendBy: now }, at.kit())).toMatchObject({ proof: "read-back" });
  }
  await at.channel.perform(
    actTask(at.account, { do: "retract", post: { account: at.account, id: ours.id } }, now),
    at.kit(),
  );
  let cursor: string | undefined;
  for (let pass = 0; pass < 2; pass++) {
    for await (const page of at.channel.since?.(at.account, cursor === undefined ? {} : { cursor }, at.kit()) ?? [])
      ({ cursor } = page);
  }

  const { accounts, ...options } = sandbox.options();
  const bare = accounts.slice(0, 1).map(({ id, credentials }) => ({ id, credentials, keywords: ["acmephone"] }));
  const other = x({ ...options, accounts: bare });
  for await (const _page of other.since?.(at.account, {}, at.kit()) ?? []);
  await using end = await serve(async (request) => {
    const reading = await at.channel.read(await delivered(request), at.kit());
    return "handshake" in reading ? reading.handshake : new Response("ok");
  });
  const setup = xSetup({ ...options, accounts });
  const hook = await setup.register(`${end.origin}/x`);
  // First for the stream, then for the webhook as well.
  await setup.subscribe();
  await setup.subscribe(hook.id);
  await setup.revalidate(hook.id);
  await setup.replay({ webhook: hook.id, from: now - 60_000, to: now });
  expect(await setup.doctor()).toEqual([]);
  await setup.unregister(hook.id);
  const looked = [post, { account: at.account, id: "77" }];
  const { bearer: _, ...unnamed } = options.app;
  await x({ ...options, accounts, app: unnamed }).recheck?.(at.account, looked, at.kit());
  const { note } = notes();
  for (let n = 0; n < 2; n++) {
    await at.channel.recheck?.(at.account, looked, at.kit({ note }));
    await at.clock.advance(61_000);
  }

  const streamed = async (): Promise<number> =>
    (await sandbox.state()).requests.filter(({ path }) => path === "/2/tweets/search/stream").length;
  for (const [n, keyword] of ["acmephone", "acmewatch"].entries()) {
    const stop = new AbortController();
    const keyed = accounts.map((one) => ({ ...one, keywords: [keyword] }));
    const ear = x({ ...options, accounts: keyed, stream: true });
    const listening = (async () => {
      for await (const _found of ear.listen?.(at.kit({ signal: stop.signal })) ?? []);
    })();
    await expect.poll(streamed).toBe(n + 1);
    stop.abort();
    await listening;
  }

  const faults: string[] = [];
  const seen = new Map<string, number>();
  for (const { method, path, query, body, status, answer } of (await sandbox.state()).requests) {
    if (/^\/2\/compliance\/jobs\/\d+\/(?:upload|results)$/.test(path)) continue;
    const found = Object.entries(document.paths).find(
      ([template, operations]) =>
        method.toLowerCase() in operations && new RegExp(`^${template.replaceAll(/\{\w+\}/g, "\\d+")}$`).test(path),
    );
    const [template = "", operations = {}] = found ?? [];
    const name = `${method} ${template}`;
    const operation = operations[method.toLowerCase()];
    if (operation === undefined) {
      faults.push(`${method} ${path}: not in the document`);
      continue;
    }
    seen.set(name, (seen.get(name) ?? 0) + 1);
    const known = (operation.parameters ?? []).map((one) =>
      "$ref" in one ? document.components.parameters[one.$ref.split("/").at(-1) ?? ""] : one,
    );
    for (const [key, value] of Object.entries(query)) {
      // Of the filtered stream the document has kept the older spelling.
      const parameter = known.find((one) => one?.in === "query" && [spelt(key), key].includes(one.name));
      if (parameter === undefined) faults.push(`${name}: no parameter ${key}`);
      const words = parameter?.schema.items?.enum;
      for (const word of words === undefined ? [] : value.split(",")) {
        if (!words?.some((one) => [spelt(word), word].includes(one)) && !byExpansion.has(spelt(word)))
          faults.push(`${name}: ${key} has no ${word}`);
      }
    }
    const asks = operation.requestBody?.content["application/json"]?.schema;
    if (asks !== undefined)
      faults.push(...[faultsOf(asks, body)].filter(Boolean).map((fault) => `${name}, asked: ${fault}`));
    // What a stream tells is no answer, and a file none of the document's.
    if (path.endsWith("/stream")) continue;
    const answers = operation.responses[String(status)]?.content?.["application/json"]?.schema;
    if (answers === undefined) faults.push(`${name}: ${status} is no answer of it`);
    else
      faults.push(
        ...[faultsOf(answers, respelt(answer))].filter(Boolean).map((fault) => `${name}, answered: ${fault}`),
      );
  }
  console.table(spellings);
  console.table(Object.fromEntries(seen));
  expect(faults).toEqual([]);
  expect([...seen.keys()].sort()).toEqual([
    "DELETE /2/tweets/{id}",
    "DELETE /2/webhooks/{webhook_id}",
    "GET /2/activity/stream",
    "GET /2/activity/subscriptions",
    "GET /2/compliance/jobs/{id}",
    "GET /2/dm_conversations/with/{participant_id}/dm_events",
    "GET /2/dm_events",
    "GET /2/media/upload",
    "GET /2/tweets",
    "GET /2/tweets/search/recent",
    "GET /2/tweets/search/stream",
    "GET /2/tweets/search/stream/rules",
    "GET /2/tweets/{id}",
    "GET /2/users/me",
    "GET /2/users/{id}",
    "GET /2/users/{id}/mentions",
    "GET /2/users/{id}/tweets",
    "GET /2/webhooks",
    "POST /2/activity/subscriptions",
    "POST /2/compliance/jobs",
    "POST /2/dm_conversations/with/{participant_id}/messages",
    "POST /2/media/upload/initialize",
    "POST /2/media/upload/{id}/append",
    "POST /2/media/upload/{id}/finalize",
    "POST /2/tweets",
    "POST /2/tweets/search/stream/rules",
    "POST /2/webhooks",
    "POST /2/webhooks/replay",
    "PUT /2/activity/subscriptions/{subscription_id}",
    "PUT /2/tweets/{tweet_id}/hidden",
    "PUT /2/webhooks/{webhook_id}",
  ]);
});
