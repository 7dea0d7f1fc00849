import { expect, it } from "vitest";
import { simulate } from "./child.ts";
import { dangers, facebookDangers } from "./seen.ts";

const seeds = 500;

it.for([
  { channel: "x", due: dangers },
  { channel: "facebook", due: [...dangers, ...facebookDangers] },
] as const)(
  `in ${seeds} worlds on $channel no law is broken, and every dangerous state was reached`,
  { timeout: 1_800_000 },
  async ({ channel, due }) => {
    const report = await simulate("--channel", channel, "--seeds", String(seeds), "--seed", "1");
    expect(report.failed, JSON.stringify(report.failed)).toBeUndefined();
    expect(report.seeds).toBe(seeds);
    console.log(due.map((danger) => `${String(report.reached[danger] ?? 0).padStart(6)}  ${danger}`).join("\n"));
    expect(report.unreached).toEqual([]);
  },
);
