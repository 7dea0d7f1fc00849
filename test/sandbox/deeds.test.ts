import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createFacebookNetwork, createFacebookSandbox, type FacebookSandbox } from "casethread/facebook/sandbox";
import {
  createSalesforceSandbox,
  salesforceSandboxClient,
  type SalesforceSandbox,
} from "casethread/salesforce/sandbox";
import { createXSandbox, type XSandbox, xSandboxClient } from "casethread/x/sandbox";

let x: XSandbox;
let facebook: FacebookSandbox;
let salesforce: SalesforceSandbox;
beforeAll(async () => {
  x = await createXSandbox({ accounts: [{ id: "1001", handle: "acme_help" }] });
  facebook = await createFacebookSandbox({ pages: [{ id: "2002", name: "Acme Help" }] });
  salesforce = await createSalesforceSandbox();
  await x.persona("maria");
});
afterAll(() => Promise.all([x, facebook, salesforce].map((one) => one[Symbol.asyncDispose]())));

const told = async ({ origin }: { readonly origin: string }, verb: string, body: string): Promise<string> => {
  const answer = await fetch(new URL(`/sandbox/${verb}`, origin), { method: "POST", body });
  const { error } = (await answer.json()) as { readonly error?: string };
  return `${answer.status} ${error ?? ""}`;
};
const nothing = new Set(["lapse", "listeners", "calm", "settled", "state", "forgetChanges", "expire", "mend"]);
const verbsOf = async (sandbox: { readonly origin: string }): Promise<readonly string[]> => {
  const said = await told(sandbox, "shout", "{}");
  return (/(?:one of|there are) (.*)/.exec(said)?.[1] ?? "").replace(/, or GET.*/, "").split(", ");
};

describe("what people do on a sandbox", () => {
  it("words without a text are not posted, in this process, from another one, and by hand", async () => {
    const wordless = { by: "maria" } as never;
    const sentence = "[x sandbox: invalid] say: text: give a text";
    await expect(x.say(wordless)).rejects.toMatchObject({ fault: "invalid", landed: "no", message: sentence });
    await expect(xSandboxClient(x.origin).say(wordless)).rejects.toMatchObject({ message: sentence });
    expect(await told(x, "say", '{"by":"maria"}')).toBe(`400 ${sentence}`);
    expect((await x.state()).posts).toEqual([]);
  });

  it.for([
    ["say", "{}", "say: by: give a person's handle or id; text: give a text"],
    ["say", "[]", "say: give an object with by, text, replyTo, quote, mentions, language"],
    ["say", '{"by":"maria","text":7,"mentions":"tom"}', "say: text: give a text; mentions: give a list of handles"],
    ["persona", '{"handle":"tom"}', 'persona: give a handle, such as "maria_k"'],
    ["persona", '["tom",{"followers":"many"}]', "persona: followers: give a number"],
    ["connect", '{"url":"here"}', "connect: url: give an address, such as http://127.0.0.1:8080/x"],
    ["inject", '{"fault":"rain"}', "inject: fault: give one of 401, 429, lost-response, 503-before"],
    ["posted", "{}", "posted: after: give a number"],
  ] as const)("X: %s %s", async ([verb, body, sentence]) => {
    expect(await told(x, verb, body)).toContain(`400 [x sandbox: invalid] ${sentence}`);
  });

  it.for([
    ["comment", '{"by":"Tom Berg","under":"1"}', "comment: give a text, or a photo"],
    ["message", '{"by":"Tom Berg","page":2002}', "message: page: give a Page's id"],
    ["hide", '{"post":"1","hidden":"yes"}', "hide: hidden: give true or false"],
    ["control", '{"page":"2002","person":"Tom Berg"}', "control: owner: give one of app, inbox, other"],
    ["rate", '{"fault":"rain","probability":1}', "rate: fault: give one of lost-response, 503-before"],
  ] as const)("Facebook: %s %s", async ([verb, body, sentence]) => {
    expect(await told(facebook, verb, body)).toContain(`400 [facebook sandbox: invalid] ${sentence}`);
    await using network = await createFacebookNetwork({ pages: [{ id: "2002", name: "Acme Help" }] });
    const deed = Reflect.get(network, verb) as (what: unknown) => Promise<unknown>;
    await expect(deed(JSON.parse(body))).rejects.toThrow(sentence);
  });

  it.for([
    [
      "answer",
      '{"by":"Ann","of":"500"}',
      "answer: text: give a text",
      (at: SalesforceSandbox) => at.agent("Ann").answer("500", {} as never),
    ],
    [
      "edit",
      '{"by":"Ann","entry":"a00"}',
      "edit: text: give a text",
      (at: SalesforceSandbox) => at.agent("Ann").edit("a00", undefined as never),
    ],
    [
      "comment",
      '{"by":"Ann","of":"500","published":false}',
      "comment: text: give a text",
      (at: SalesforceSandbox) => at.agent("Ann").comment("500", undefined as never),
    ],
    [
      "attach",
      '{"by":"Ann","to":"500","file":{"name":"a.png"}}',
      "attach: file: bytes: give a whole number",
      (at: SalesforceSandbox) => at.agent("Ann").attach("500", { name: "a.png" } as never),
    ],
    [
      "plant",
      '{"obstacle":{"on":"Case","rule":"none"}}',
      "plant: obstacle: rule: give an object with name, message",
      (at: SalesforceSandbox) => at.plant({ on: "Case", rule: "none" } as never),
    ],
  ] as const)("Salesforce: %s %s", async ([verb, body, sentence, deed]) => {
    expect(await told(salesforce, verb, body)).toBe(`400 [salesforce sandbox: invalid] ${sentence}`);
    await expect(deed(salesforce)).rejects.toThrow(sentence);
    await expect(
      salesforceSandboxClient(salesforce.origin)
        .agent("Ann")
        .close(5 as never),
    ).rejects.toThrow("close: of: give a case's id");
  });

  it("a verb that there is not is answered with those that there are; each that takes something says what", async () => {
    for (const [sandbox, some] of [
      [x, ["say", "dm", "state"]],
      [facebook, ["comment", "byHand", "state"]],
      [salesforce, ["answer", "close", "state"]],
    ] as const) {
      const verbs = await verbsOf(sandbox);
      expect(verbs).toEqual(expect.arrayContaining([...some]));
      expect(await told(sandbox, "constructor", "{}")).toMatch(/^40[04] .*\bstate\b/);
      for (const verb of verbs.filter((one) => !nothing.has(one)))
        expect(await told(sandbox, verb, "{}")).toMatch(
          new RegExp(`^400 \\[\\w+ sandbox: invalid\\] ${verb}: .*\\bgive `),
        );
    }
  });
});
