import { inspect } from "node:util";
import { expect, test } from "vitest";
import type { FacebookFault } from "casethread/facebook/sandbox";
import { acme, appSecret, other, verifyToken } from "./subject.ts";
import { createTown } from "./town.ts";

const faults: readonly FacebookFault[] = [
  "revoked",
  "throttled",
  "503-before",
  "503-after",
  "html-502",
  "lost-response",
  "duplicate-after",
  "blocked",
];

test("no log, alarm, ledger, health, parked act or answer tells a secret, whatever goes wrong", async () => {
  const told: string[] = [];
  const note = (fields: object, message: string): void =>
    void told.push(inspect(fields, { depth: 12, showHidden: true }) + message);
  await using town = await createTown({
    hostile: { doubleRate: 0 },
    bridge: { log: { debug: note, info: note, warn: note, error: note } },
  });
  const { pages } = town.net.options();
  const tokens = pages.map(({ token }) => (typeof token === "string" ? token : "none"));
  const secrets = [appSecret, verifyToken, ...tokens, "appsecret_proof", "access_token"];
  for (const [n, fault] of faults.entries()) {
    const maria = await town.net.persona(`Maria ${n}`);
    const { id } = await town.net.comment({ by: maria, under: town.post, text: `where is it? ${n}` });
    await town.settle();
    await town.net.inject({ fault, times: 2 });
    const where = { post: { account: { channel: "facebook", id: acme }, id } };
    const side = n % 2 === 0 ? "public" : "private";
    await town.bridge.answer({ ...where, key: `${n}`, text: `It is here ${n}`, side });
    await town.net.unsubscribe({ page: n % 2 === 0 ? acme : other });
    await town.pass(700_000);
  }
  for (const request of [
    new Request("http://bridge.test/facebook?hub.mode=subscribe&hub.challenge=1&hub.verify_token=wrong"),
    new Request("http://bridge.test/facebook", { method: "POST", body: "{}" }),
  ]) {
    const response = await town.bridge.fetch(request);
    told.push(`${response.status} ${await response.text()}`);
  }
  told.push(
    JSON.stringify(await town.bridge.health()),
    JSON.stringify(await town.bridge.parked()),
    JSON.stringify(await town.bridge.ledger({ limit: 5_000 })),
    JSON.stringify([...town.desk.entries.values(), ...town.desk.cases.values()]),
  );
  expect(told.join()).toMatch(/does not accept the Page's token/);
  for (const secret of secrets) expect(told.filter((line) => line.includes(secret))).toEqual([]);
});
