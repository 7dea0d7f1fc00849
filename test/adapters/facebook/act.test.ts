import { describe, expect, test } from "vitest";
import { type PersonaRef, type PrivateAct, type PublicAct, type Receipt } from "casethread/adapter";
import { facebook, type FacebookOptions } from "casethread/facebook";
import {
  acme,
  actTask,
  appSecret,
  type Ground,
  ground,
  kitAt,
  messageTask,
  other,
  privateReplyTask,
  replyTask,
  verifyToken,
} from "./subject.ts";

const day = 86_400_000;
const calm = { hostile: { doubleRate: 0, echoFirst: 0, indexLagMs: 0, reorder: false }, still: true } as const;

/** Maria commented, and nobody answered yet. */
const asked = async (
  over: Parameters<typeof ground>[0] = {},
): Promise<Ground & { readonly comment: string; readonly maria: string }> => {
  const at = await ground({ ...calm, ...over });
  const maria = await at.sandbox.persona("Maria Keller");
  const comment = await at.sandbox.comment({ by: maria, under: at.post, text: "where is it?" });
  return { ...at, comment: comment.id, maria: maria.id };
};
const nodeOf = async ({ sandbox }: Ground, id: string) => (await sandbox.state()).nodes.find((one) => one.id === id);
const lastBody = async ({ sandbox }: Ground) =>
  (await sandbox.state()).requests.findLast(({ method }) => method === "POST")?.body;
const persona = ({ account }: Ground, id: string): PersonaRef => ({ account, space: "psid", id });

describe("a public answer", () => {
  test("stands under the comment; with an invite it carries a link that only a person can make use of", async () => {
    const at = await asked();
    await using _sandbox = at.sandbox;
    const token = "ct-abcdefghijkmnpqrstuvwxyz23456789abcdefghijkm";
    const receipt = await at.channel.perform(
      replyTask(at.account, at.comment, "Write to us", at.clock.now(), token),
      at.kit(),
    );
    expect(receipt.post?.id).toMatch(/^\d+_\d+$/);
    expect((await nodeOf(at, receipt.post?.id ?? ""))?.text).toBe(`Write to us https://m.me/${acme}?ref=${token}`);
    expect(at.channel.parse(new URL(receipt.url ?? "")).map(({ id }) => id)).toContain(receipt.post?.id);
  });

  test("its link names the Page by its username, if that is known", async () => {
    const bare = await asked();
    await using sandbox = bare.sandbox;
    const { pages } = sandbox.options();
    const named = facebook({ ...sandbox.options(), pages: pages.map((page) => ({ ...page, username: "acme.shop" })) });
    await named.perform(replyTask(bare.account, bare.comment, "Write to us", bare.clock.now(), "ct-x"), bare.kit());
    expect(await lastBody(bare)).toEqual({ message: "Write to us https://m.me/acme.shop?ref=ct-x" });
  });

  test("the same words again are looked for, not said", async () => {
    const at = await asked();
    await using _sandbox = at.sandbox;
    const task = replyTask(at.account, at.comment, "On it", at.clock.now());
    await at.channel.perform(task, at.kit());
    await expect(at.channel.perform(task, at.kit())).rejects.toMatchObject({ fault: "taken", landed: "unknown" });
    const seen = await at.channel.landed(task, { attempt: 1, sendBy: at.clock.now() + 2_000 }, at.kit());
    expect(seen).toMatchObject({ proof: "read-back" });
    // What is older than the attempt is no proof.
    await at.clock.advance(120_000);
    const later = await at.channel.landed(task, { attempt: 1, sendBy: at.clock.now() + 2_000 }, at.kit());
    expect(later).toBe("unknown");
  });
});

describe("a private reply", () => {
  test("tells who got it, once to a comment", async () => {
    const at = await asked();
    await using _sandbox = at.sandbox;
    const task = privateReplyTask(at.account, at.comment, "Which order?", at.clock.now());
    const receipt = await at.channel.perform(task, at.kit());
    const psid = receipt.learned?.id ?? "";
    expect(receipt).toMatchObject({ learned: { space: "psid" }, thread: { id: psid } });
    expect(psid).not.toBe(at.maria);
    expect(await lastBody(at)).toEqual({
      recipient: { comment_id: at.comment },
      message: { text: "Which order?", metadata: JSON.stringify({ casethread: task.effect.key, under: at.comment }) },
    });
    // She has not written: nothing more may be sent.
    await expect(
      at.channel.perform(messageTask(persona(at, psid), "Hello?", at.clock.now()), at.kit()),
    ).rejects.toMatchObject({ fault: "closed", landed: "no" });
  });

  test("whose answer was lost is simply done again: 10900, and the words tell that it was us", async () => {
    const at = await asked();
    await using _sandbox = at.sandbox;
    const task = privateReplyTask(at.account, at.comment, "Which order?", at.clock.now());
    await at.sandbox.inject({ fault: "lost-response" });
    await expect(at.channel.perform(task, at.kit())).rejects.toMatchObject({ landed: "unknown" });
    const again = { ...task, attempt: 2 };
    const receipt = await at.channel.perform(again, at.kit());
    expect(receipt).toMatchObject({ proof: "already replied, in these words", learned: { space: "psid" } });
    const { letters } = await at.sandbox.state();
    expect(letters.map(({ id }) => id)).toEqual([receipt.message]);
  });

  test("is taken when somebody at the brand replied in other words", async () => {
    const at = await asked();
    await using _sandbox = at.sandbox;
    await at.channel.perform(privateReplyTask(at.account, at.comment, "By Bob", at.clock.now()), at.kit());
    const mine = privateReplyTask(at.account, at.comment, "By Ann", at.clock.now() + 1);
    await expect(at.channel.perform(mine, at.kit())).rejects.toMatchObject({ fault: "taken", landed: "no" });
  });

  test("waits while Graph does not show yet whose the reply is", async () => {
    const at = await asked({ hostile: { ...calm.hostile, indexLagMs: 5_000 } });
    await using _sandbox = at.sandbox;
    const task = privateReplyTask(at.account, at.comment, "Which order?", at.clock.now());
    await at.sandbox.inject({ fault: "lost-response" });
    await expect(at.channel.perform(task, at.kit())).rejects.toMatchObject({ landed: "unknown" });
    const again = { ...task, attempt: 2 };
    await expect(at.channel.perform(again, at.kit())).rejects.toMatchObject({
      fault: "unavailable",
      landed: "unknown",
    });
    await at.clock.advance(5_000);
    await expect(at.channel.perform(again, at.kit())).resolves.toMatchObject({
      proof: "already replied, in these words",
    });
  });

  test("that was lost is not taken for somebody else's by what the Page said to her long ago", async () => {
    const at = await asked({ hostile: { ...calm.hostile, indexLagMs: 5_000 } });
    await using sandbox = at.sandbox;
    await sandbox.message({ by: at.maria, page: acme, text: "hi" });
    await sandbox.byHand({ page: acme, to: at.maria, text: "Hello, in another matter" });
    await at.clock.advance(3_600_000);
    const task = privateReplyTask(at.account, at.comment, "Which order?", at.clock.now());
    await sandbox.inject({ fault: "lost-response" });
    await expect(at.channel.perform(task, at.kit())).rejects.toMatchObject({ landed: "unknown" });
    const again = { ...task, attempt: 2 };
    await expect(at.channel.perform(again, at.kit())).rejects.toMatchObject({
      fault: "unavailable",
      landed: "unknown",
    });
    await at.clock.advance(5_000);
    await expect(at.channel.perform(again, at.kit())).resolves.toMatchObject({ learned: { space: "psid" } });
  });

  test.for([
    ["does not show who was answered", { id: "1" }, undefined, "unavailable"],
    ["may not tell", undefined, { code: 10 }, "forbidden"],
  ] as const)("that was lost stays in doubt where Graph %s", async ([, shown, error, fault]) => {
    const at = await asked();
    await using sandbox = at.sandbox;
    const client: FacebookOptions["client"] = (page, token) => {
      const real = sandbox.client(page, token);
      const call: typeof real.call = async (method, url, params) => {
        if (!url.includes("private_reply_conversation")) return real.call(method, url, params);
        if (shown !== undefined) return shown;
        throw Object.assign(new Error("refused"), { name: "FacebookRequestError", status: 403, response: error });
      };
      return { call };
    };
    const channel = facebook({ ...sandbox.options(), client });
    const task = privateReplyTask(at.account, at.comment, "Which order?", at.clock.now());
    await channel.perform(task, at.kit());
    // Tried before, and nobody knows how that went; or never.
    await expect(channel.perform({ ...task, attempt: 2 }, at.kit())).rejects.toMatchObject({
      fault,
      landed: "unknown",
    });
    await expect(channel.perform(task, at.kit())).rejects.toMatchObject({ fault: "taken", landed: "no" });
    if (shown !== undefined)
      await expect(channel.perform({ ...task, attempt: 3 }, at.kit())).rejects.toMatchObject({ fault: "taken" });
  });

  test.for([
    ["after seven days", 7 * day + 1, { fault: "forbidden" }],
    ["at the last moment", 7 * day - 2_000, undefined],
  ] as const)("%s", async ([, passed, refusal]) => {
    const at = await asked();
    await using _sandbox = at.sandbox;
    await at.clock.advance(passed);
    const work = at.channel.perform(privateReplyTask(at.account, at.comment, "Hello", at.clock.now()), at.kit());
    if (refusal === undefined) await expect(work).resolves.toMatchObject({ learned: { space: "psid" } });
    else await expect(work).rejects.toMatchObject(refusal);
  });

  test("goes to a visitor's post as well", async () => {
    const at = await asked();
    await using _sandbox = at.sandbox;
    const post = await at.sandbox.post({ by: at.maria, page: acme, text: "Hello?" });
    await at.channel.perform(privateReplyTask(at.account, post.id, "Hi", at.clock.now()), at.kit());
    expect(await lastBody(at)).toMatchObject({ recipient: { post_id: post.id } });
  });

  test("to a visitor's post, whose answer was lost: Graph shows nothing of it, and is not asked", async () => {
    const at = await asked();
    await using sandbox = at.sandbox;
    const post = await sandbox.post({ by: at.maria, page: acme, text: "Hello?" });
    const task = privateReplyTask(at.account, post.id, "Hi", at.clock.now());
    await sandbox.inject({ fault: "lost-response" });
    await expect(at.channel.perform(task, at.kit())).rejects.toMatchObject({ landed: "unknown" });
    const sent = { attempt: 1, sendBy: at.clock.now() + 2_000 };
    expect(await at.channel.landed(task, sent, at.kit())).toBe("unknown");
    const again = (attempt: number) => at.channel.perform({ ...task, attempt }, at.kit());
    await expect(again(2)).rejects.toMatchObject({ fault: "unavailable", landed: "unknown" });
    await expect(again(3)).rejects.toMatchObject({ fault: "taken" });
  });
});

describe("a message", () => {
  const written = async (over: Parameters<typeof ground>[0] = {}) => {
    const at = await asked(over);
    const letter = await at.sandbox.message({ by: at.maria, page: acme, text: "hi" });
    return { ...at, to: persona(at, letter.psid), heardAt: letter.at };
  };
  test("answers inside 24 hours, and tells which act it was", async () => {
    const at = await written();
    await using _sandbox = at.sandbox;
    const task = messageTask(at.to, "Found it", at.clock.now(), { heardAt: at.heardAt });
    await at.channel.perform(task, at.kit());
    expect(await lastBody(at)).toEqual({
      recipient: { id: at.to.id },
      messaging_type: "RESPONSE",
      message: { text: "Found it", metadata: JSON.stringify({ casethread: task.effect.key }) },
    });
  });

  test.for([
    ["a person's words, where Meta approved it", true, "person", 3 * day, "HUMAN_AGENT"],
    ["a person's words, after seven days", true, "person", 7 * day + 1, "closed"],
    ["a person's words, where it did not", false, "person", 3 * day, "closed"],
    ["the machine's own words", true, "automatic", 3 * day, "closed"],
  ] as const)("later: %s", async ([, humanAgent, words, passed, expected]) => {
    const at = await written({ humanAgent });
    await using _sandbox = at.sandbox;
    await at.clock.advance(passed);
    const work = at.channel.perform(
      messageTask(at.to, "Found it", at.clock.now(), { heardAt: at.heardAt, words }),
      at.kit(),
    );
    if (expected === "closed") await expect(work).rejects.toMatchObject({ fault: "closed", landed: "no" });
    else await work;
    const { tag } = (await lastBody(at)) as { readonly tag?: string };
    expect(tag === "HUMAN_AGENT").toBe(humanAgent && words === "person");
  });

  test("of the machine's says that it is one; a read-back knows it", async () => {
    const at = await written();
    await using _sandbox = at.sandbox;
    const task = messageTask(at.to, "We are closed today", at.clock.now(), { heardAt: at.heardAt, words: "automatic" });
    await at.sandbox.inject({ fault: "lost-response" });
    await expect(at.channel.perform(task, at.kit())).rejects.toMatchObject({ landed: "unknown" });
    expect(await lastBody(at)).toMatchObject({ message: { text: "Automated message: We are closed today" } });
    const sent = { attempt: 1, sendBy: at.clock.now() + 2_000 };
    expect(await at.channel.landed(task, sent, at.kit())).toMatchObject({
      proof: "read-back",
      thread: { id: at.to.id },
    });
  });

  test("does not leave while somebody else has the thread; it can be taken", async () => {
    const at = await written();
    await using _sandbox = at.sandbox;
    await at.sandbox.control({ page: acme, person: at.maria, owner: "inbox" });
    const task = messageTask(at.to, "Found it", at.clock.now(), { heardAt: at.heardAt });
    await expect(at.channel.perform(task, at.kit())).rejects.toMatchObject({ landed: "no" });
    const thread = { account: at.account, id: at.to.id };
    await at.channel.perform(actTask(at.account, { do: "control", thread, take: true }, at.clock.now()), at.kit());
    await expect(at.channel.perform(task, at.kit())).resolves.toMatchObject({ thread });
  });
});

describe("files", () => {
  const picture = { kind: "image", url: "https://files.example/1.png", type: "image/png", bytes: 4_711 };

  test("a comment carries a picture beside its words", async () => {
    const at = await asked();
    await using _sandbox = at.sandbox;
    const task = { ...replyTask(at.account, at.comment, "Like this one?", at.clock.now()), media: [picture] };
    const receipt = await at.channel.perform(task, at.kit());
    expect(await lastBody(at)).toEqual({ message: "Like this one?", attachment_url: picture.url });
    expect(await nodeOf(at, receipt.post?.id ?? "")).toMatchObject({ photo: picture.url });
  });

  test.for([
    ["image/png", "image"],
    ["video/mp4", "video"],
    ["audio/mpeg", "audio"],
    ["application/pdf", "file"],
    ["text/csv", "file"],
  ] as const)("a message is a file alone: %s goes as %s", async ([type, kind]) => {
    const at = await asked();
    await using _sandbox = at.sandbox;
    const { psid, at: heardAt } = await at.sandbox.message({ by: at.maria, page: acme, text: "hi" });
    const task = { ...messageTask(persona(at, psid), "", at.clock.now(), { heardAt }), media: [{ ...picture, type }] };
    const receipt = await at.channel.perform(task, at.kit());
    expect(await lastBody(at)).toEqual({
      recipient: { id: psid },
      messaging_type: "RESPONSE",
      message: {
        attachment: { type: kind, payload: { url: picture.url, is_reusable: false } },
        metadata: JSON.stringify({ casethread: task.effect.key }),
      },
    });
    // Without words nothing shown proves that it was this one.
    const sent = { attempt: 1, sendBy: at.clock.now() + 2_000 };
    expect(await at.channel.landed(task, sent, at.kit())).toBe("unknown");
    expect(receipt.message).toBeDefined();
  });
});

describe("acts without a word", () => {
  type Silent = Exclude<PublicAct, { do: "reply" }> | Extract<PrivateAct, { do: "control" }>;
  const doing = (at: Ground, act: Silent): Promise<Receipt> =>
    at.channel.perform(actTask(at.account, act, at.clock.now()), at.kit());

  test("hide, show, like, take back", async () => {
    const at = await asked();
    await using _sandbox = at.sandbox;
    const post = { account: at.account, id: at.comment };
    await doing(at, { do: "hide", post, hidden: true, because: "person" });
    expect(await nodeOf(at, at.comment)).toMatchObject({ hidden: true });
    await doing(at, { do: "hide", post, hidden: false, because: "person" });
    await doing(at, { do: "like", post });
    expect(await nodeOf(at, at.comment)).toMatchObject({ hidden: false, liked: true });
    const own = await at.channel.perform(replyTask(at.account, at.comment, "Oops", at.clock.now()), at.kit());
    const said = own.post ?? post;
    await doing(at, { do: "retract", post: said });
    expect(await nodeOf(at, said.id)).toMatchObject({ gone: true });
    expect(await doing(at, { do: "retract", post: said })).toMatchObject({ proof: "already gone" });
    await expect(doing(at, { do: "retract", post })).rejects.toMatchObject({ fault: "forbidden" });
  });

  test("a look tells what is allowed now", async () => {
    const at = await asked();
    await using _sandbox = at.sandbox;
    const look = () =>
      doing(at, {
        do: "look",
        post: { account: at.account, id: at.comment },
        persona: { account: at.account, space: "user", id: at.maria },
      });
    expect((await look()).openings).toEqual({ reply: true, privateReply: true, message: false });
    await at.channel.perform(privateReplyTask(at.account, at.comment, "Hi", at.clock.now()), at.kit());
    expect((await look()).openings?.privateReply).toBe(false);
    await at.sandbox.remove({ post: at.comment });
    await expect(look()).rejects.toMatchObject({ fault: "missing" });
  });
});

describe("two Pages in one process", () => {
  test("never act with each other's token, however many acts are under way", async () => {
    const at = await ground({ hostile: { ...calm.hostile, lateAnswers: 0.5 } });
    await using sandbox = at.sandbox;
    const maria = await sandbox.persona("Maria Keller");
    const accounts = at.channel.accounts();
    const posts = await Promise.all(accounts.map(({ id }) => sandbox.post({ by: id, page: id, text: "news" })));
    const comments = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        sandbox.comment({ by: maria, under: posts[i % 2]?.id ?? "", text: `q${i}` }),
      ),
    );
    const receipts = await Promise.all(
      comments.map(({ id }, i) => {
        const account = accounts[i % 2];
        if (account === undefined) throw new Error("no account");
        const task = i % 4 < 2 ? replyTask(account, id, `a${i}`, i) : privateReplyTask(account, id, `p${i}`, i);
        return at.channel.perform(task, at.kit());
      }),
    );
    expect(receipts).toHaveLength(40);
    const { requests, nodes, letters } = await sandbox.state();
    const owner = new Map(nodes.map(({ id, page }) => [id, page]));
    for (const { page, path, status, body } of requests) {
      expect(status).toBe(200);
      const to =
        /^\/v25\.0\/(\d+)\/messages$/.exec(path)?.[1] ?? owner.get(/\/(\d+_\d+)\/comments$/.exec(path)?.[1] ?? "");
      expect({ path, page }).toEqual({ path, page: to });
      const comment = (body as { recipient?: { comment_id?: string } }).recipient?.comment_id;
      if (comment !== undefined) expect(owner.get(comment)).toBe(page);
    }
    expect(new Set(letters.map(({ page }) => page))).toEqual(new Set([acme, other]));
  });

  test("a token in the other's place is refused, and the network says so", async () => {
    const at = await asked();
    await using sandbox = at.sandbox;
    const { app, pages } = sandbox.options();
    const [first, second] = pages;
    const swapped = facebook({
      app,
      origin: sandbox.origin,
      pages: [
        { id: acme, token: second?.token ?? "" },
        { id: other, token: first?.token ?? "" },
      ],
    });
    await expect(swapped.perform(replyTask(at.account, at.comment, "hello", 1), at.kit())).rejects.toMatchObject({
      fault: "forbidden",
    });
  });
});

describe("options", () => {
  test("name all that is missing at once, by the names of the environment", () => {
    expect(() => facebook.fromEnv({})).toThrow(
      /FACEBOOK_APP_SECRET\) is missing.*FACEBOOK_VERIFY_TOKEN\) is missing.*FACEBOOK_PAGE_ID\) is missing.*FACEBOOK_PAGE_TOKEN\) is missing/,
    );
    expect(() => facebook(undefined as never)).toThrow(/app\.secret/);
    const app = { secret: "s", verifyToken: "v" };
    expect(() =>
      facebook({ app, pages: [{ id: "acme", token: "t" }], version: "latest", origin: "http://evil.example" }),
    ).toThrow(/not its name.*"v25.0".*127\.0\.0\.1/);
    const pages = [{ id: "1", token: "t" }];
    const bounds = { repeat: "always" } as never;
    expect(() => facebook({ app, pages, unknown: bounds, disclosure: "x".repeat(201) })).toThrow(
      /unknown is not valid: repeat must be "never".*disclosure is not valid: it must be a text of at most 200/,
    );
    const vault = { secret: (() => "s") as () => string, verifyToken: ["v", () => "w"] };
    expect(facebook({ app: vault, pages, unknown: { quietMs: 0, reads: [1] } }).accounts()).toHaveLength(1);
    for (const secret of ["", 5, null, {}, [""]] as never[])
      expect(() => facebook({ app: { ...app, secret }, pages })).toThrow(/app\.secret/);
    const twice = { id: "1", token: "t" };
    expect(() => facebook({ app, pages: [twice, twice] })).toThrow(/pages: two have the same id, leave one out/);
    expect(() => facebook({ app, pages: [{ ...twice, usrname: "a" }], pollMS: 5 } as never)).toThrow(
      /pages\.0\.usrname: there is no such option, leave it out; pollMS: there is no such option/,
    );
  });

  test("are read from an environment, secrets in rotation and further Pages", async () => {
    const channel = facebook.fromEnv({
      FACEBOOK_APP_ID: "5550001",
      FACEBOOK_APP_SECRET: `new, ${appSecret}`,
      FACEBOOK_VERIFY_TOKEN: verifyToken,
      FACEBOOK_PAGE_ID: acme,
      FACEBOOK_PAGE_TOKEN: "t",
      FACEBOOK_HUMAN_AGENT: "true",
      FACEBOOK_PAGE_ID_2: other,
      FACEBOOK_PAGE_TOKEN_2: "t2",
    });
    const [first, second] = channel.accounts();
    if (first === undefined || second === undefined) throw new Error("no accounts");
    expect(channel.can(first).privateReply).toEqual({ withinMs: 7 * day });
    expect(channel.can(first).message).toMatchObject({ withinMs: day, humanWithinMs: 7 * day });
    expect(channel.can(second).message).toEqual({ withinMs: day, first: false });
    await expect(
      channel.capacity(
        { channel: "x", id: "1" },
        "reply",
        kitAt(() => 1),
      ),
    ).resolves.toBeDefined();
    expect(() => channel.can({ channel: "x", id: "1" })).toThrow(/add the Page/);
  });
});

test("links lead to posts and back", async () => {
  const at = await ground(calm);
  await using _sandbox = at.sandbox;
  const ids = (url: string) => at.channel.parse(new URL(url)).map(({ id }) => id);
  expect(ids("https://www.facebook.com/Acme/posts/90000?comment_id=50001")).toEqual(["90000_50001", "90000_50001"]);
  expect(ids("https://www.facebook.com/Acme/posts/90000?comment_id=50001&reply_comment_id=50002")).toEqual([
    "90000_50002",
    "90000_50002",
  ]);
  expect(ids("https://m.facebook.com/story.php?story_fbid=90000&id=1")).toEqual([`${acme}_90000`, `${other}_90000`]);
  expect(ids("https://www.facebook.com/90000_50001")).toEqual([`${acme}_50001`, `${other}_50001`]);
  expect(ids("https://evil.example/Acme/posts/90000")).toEqual([]);
  expect(ids("https://www.facebook.com/Acme")).toEqual([]);
  expect(at.channel.url({ account: at.account, id: "8001" })?.href).toContain("/inbox/");
});
