import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { BridgeError, type Kit, type Note, seal } from "casethread/adapter";
import type { SalesforceOptions } from "casethread/salesforce";
import { beforeAll, expect, it } from "vitest";
import { crmTalk } from "../../../src/conformance/crm/tasks.ts";
import { createGround, type Ground } from "./ground.ts";

let publicKey: string;
let privateKey: string;
beforeAll(() => {
  const pair = generateKeyPairSync("rsa", {
    modulusLength: 2_048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  ({ publicKey, privateKey } = pair);
});

const username = "bridge@acme.example";
const clientId = "sandbox-consumer-key";
const clientSecret = "sandbox-consumer-secret";
const key = randomBytes(32).toString("base64");
let names = 0;
const open = () => crmTalk(`auth-${(names += 1)}`, "salesforce", 0).open("hi");

/** Notes as processes of one store share them. */
const sharedNotes = (): ((name: string) => Note) & { readonly kept: Map<string, string> } => {
  const kept = new Map<string, string>();
  const note = (name: string): Note => ({
    read: async () => kept.get(name),
    swap: async (from, to) => {
      if (kept.get(name) !== from) return false;
      kept.set(name, to);
      return true;
    },
  });
  return Object.assign(note, { kept });
};

const signIns = async (ground: Ground): Promise<number> => (await ground.org.state()).signIns;
const outcomeOf = async (ground: Ground, login: SalesforceOptions["login"], note?: Kit["note"]) => {
  const crm = ground.another(login === undefined ? {} : { login });
  const kit = { ...ground.kit(), ...(note === undefined ? {} : { note }) };
  return { crm, kit, outcome: (await crm.write([open()], kit))[0] };
};

it.each(["a key", "a function that signs"])("a signed request for a session, with %s", async (how) => {
  await using ground = await createGround({}, { jwt: { username, publicKey } });
  const signed =
    how === "a key"
      ? { privateKey: () => privateKey }
      : { sign: (input: string) => sign("RSA-SHA256", Buffer.from(input), privateKey).toString("base64url") };
  const { crm, kit, outcome } = await outcomeOf(ground, { clientId, username, ...signed });
  expect(outcome).toMatchObject({ case: { number: "00001001" } });
  await ground.org.expire();
  expect((await crm.write([open()], kit))[0]).toMatchObject({ case: { number: "00001002" } });
  expect(await signIns(ground)).toBe(2);
});

it.each([
  ["acme.my.salesforce.com", "https://login.salesforce.com"],
  ["acme--uat.sandbox.my.salesforce.com", "https://test.salesforce.com"],
  ["acme-dev-ed.scratch.my.salesforce.com", "https://test.salesforce.com"],
  ["acme-dev-ed.develop.my.salesforce.com", "https://login.salesforce.com"],
])("a request for %s is meant for %s", async (host, audience) => {
  await using ground = await createGround();
  const inputs: string[] = [];
  const keep = (input: string): string => {
    inputs.push(input);
    // Nobody is to be called.
    throw new Error("no signature");
  };
  const login = { clientId, username, sign: keep };
  await ground.another({ origin: `https://${host}`, login }).write([open()], ground.kit());
  const claims: unknown = JSON.parse(Buffer.from(inputs[0]?.split(".")[1] ?? "", "base64url").toString());
  expect(claims).toMatchObject({ aud: audience, sub: username });
});

it("a request signed by a stranger's key, and no key at all, are refused without a word of the key", async () => {
  await using ground = await createGround({}, { jwt: { username, publicKey } });
  const other = generateKeyPairSync("rsa", {
    modulusLength: 2_048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  }).privateKey;
  const stranger = await outcomeOf(ground, { clientId, username, privateKey: other });
  expect(stranger.outcome).toMatchObject({ fault: "unauthorized", landed: "no" });
  const broken = privateKey.slice(0, 200);
  const { outcome } = await outcomeOf(ground, { clientId, username, privateKey: broken });
  expect(outcome).toBeInstanceOf(BridgeError);
  const { message, cause } = outcome as BridgeError;
  expect(message).toMatch(/no private key in PEM/);
  expect(JSON.stringify([message, cause])).not.toContain(broken.slice(60, 120));
});

it("of many processes one renews a rotated token; it is kept before it is used, and outlives them all", async () => {
  await using ground = await createGround();
  const note = sharedNotes();
  const login = { clientId, clientSecret, refreshToken: ground.org.refreshToken, key };
  const processes = Array.from({ length: 5 }, () => ground.another({ login }));
  const kit = { ...ground.kit(), note };
  const first = (await Promise.all(processes.map((crm) => crm.write([open()], kit)))).flat();
  expect(first.filter((one) => one instanceof BridgeError)).toEqual([]);
  expect(await signIns(ground)).toBe(1);
  await ground.org.expire();
  const second = (await Promise.all(processes.map((crm) => crm.write([open()], kit)))).flat();
  expect(second.filter((one) => one instanceof BridgeError)).toEqual([]);
  expect(await signIns(ground)).toBe(2);
  // A new process begins with the token of its configuration, which is worth nothing any more.
  expect((await ground.another({ login }).write([open()], kit))[0]).toMatchObject({ case: { crm: "salesforce" } });
  expect([...note.kept.keys()]).toEqual(["session", "calls"]);
  // Nobody reads it there, and under another key it is of no use.
  const kept = note.kept.get("session") ?? "";
  for (const secret of ["accessToken", "refreshToken", "5Aep861", "00D5e000000Sand"])
    expect(kept).not.toContain(secret);
  const stranger = { ...login, key: randomBytes(32).toString("base64") };
  expect((await ground.another({ login: stranger }).write([open()], kit))[0]).toMatchObject({
    fault: "invalid",
    landed: "no",
    message: expect.stringContaining("sealed under another key"),
  });
  const rotated = { ...login, key: [stranger.key, key] };
  expect((await ground.another({ login: rotated }).write([open()], kit))[0]).toMatchObject({
    case: { crm: "salesforce" },
  });
});

it("a rotated token outlives a store that is away when it comes, and an org that is authorised anew begins anew", async () => {
  await using ground = await createGround();
  const note = sharedNotes();
  let away = 0;
  const flaky = (name: string): Note => {
    const whole = note(name);
    return {
      read: whole.read,
      swap: (from, to) => (from !== undefined && away-- > 0 ? Promise.reject(new Error("away")) : whole.swap(from, to)),
    };
  };
  const login = { clientId, clientSecret, refreshToken: ground.org.refreshToken, key };
  const crm = ground.another({ login });
  const kit = { ...ground.kit(), note: flaky };
  away = 1;
  expect((await crm.write([open()], kit))[0]).toBeInstanceOf(BridgeError);
  // The first token is spent: only what was granted with it can go on.
  expect((await crm.write([open()], kit))[0]).toMatchObject({ case: { crm: "salesforce" } });
  expect((await ground.another({ login }).write([open()], kit))[0]).toMatchObject({ case: { crm: "salesforce" } });
  const anew = { ...login, refreshToken: "5Aep861.another" };
  expect((await ground.another({ login: anew }).write([open()], kit))[0]).toMatchObject({ fault: "unauthorized" });
});

it("a refresh token that is not taken any more is a person's to mend, and keeps nobody waiting", async () => {
  await using ground = await createGround();
  const login = { clientId, clientSecret, refreshToken: "5Aep861.gone", key };
  const began = performance.now();
  const { crm, kit, outcome } = await outcomeOf(ground, login, sharedNotes());
  expect(outcome).toMatchObject({ fault: "unauthorized", landed: "no" });
  expect((await crm.write([open()], kit))[0]).toMatchObject({ fault: "unauthorized" });
  expect(performance.now() - began).toBeLessThan(2_000);
  expect((outcome as BridgeError).message).not.toContain("5Aep861");
});

it("who renewed and died without a word is followed after half a minute", async () => {
  await using ground = await createGround();
  const note = sharedNotes();
  const seed = createHash("sha256").update(ground.org.refreshToken).digest("base64url").slice(0, 16);
  const renewing = { by: "another", until: ground.clock.now() + 30_000 };
  const kept = JSON.stringify({ seed, turn: 0, renewing });
  note.kept.set("session", seal(kept, { adapter: "salesforce", of: "session", keys: [key] }));
  const login = { clientId, clientSecret, refreshToken: ground.org.refreshToken, key };
  const writing = outcomeOf(ground, login, note);
  await ground.clock.advance(31_000);
  expect((await writing).outcome).toMatchObject({ case: { crm: "salesforce" } });
});

it("a session that ends in the middle of a batch costs one try, and no write is lost", async () => {
  await using ground = await createGround();
  await ground.crm.write([open()], ground.kit());
  await ground.org.inject("expired-session");
  const before = (await ground.org.state()).requests.length;
  const outcomes = await ground.crm.write(Array.from({ length: 100 }, open), ground.kit());
  expect(outcomes.filter((one) => one instanceof BridgeError)).toEqual([]);
  const after = (await ground.org.state()).requests.slice(before);
  expect(after.filter(({ status }) => status === 401)).toHaveLength(1);
  expect(after.filter(({ writes }) => writes > 0)).toHaveLength(2);
});
