import { resolve } from "node:path";
import { channelLaws } from "casethread/conformance";
import { expect, it } from "vitest";
import { run } from "../../src/cli/casethread/program.ts";

it("casethread check disposes of each subject after its law, so that the command ends", async () => {
  let out = "";
  const cwd = resolve(import.meta.dirname, "kiosk");
  const shell = { env: {}, cwd, stop: AbortSignal.timeout(20_000), err: (text: string) => void (out += text) };
  const code = await run({ ...shell, argv: ["check", "disposable.ts"], out: (text) => void (out += text) });
  const { listening } = await import("./kiosk/disposable.ts");
  expect(out).toContain(`${channelLaws.length} laws kept, 0 broken`);
  expect([code, listening]).toEqual([0, { now: 0, ever: channelLaws.length }]);
});
