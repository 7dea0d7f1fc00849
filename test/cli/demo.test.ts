import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  readonly seconds: number;
}

/** Runs the demo; at the first words that it tells, closes what reads them or sends it a signal. */
const demoUntil = (what: "stdout" | NodeJS.Signals): Promise<Ran> =>
  watched([], (child) => (what === "stdout" ? child.stdout.destroy() : child.kill(what)));
const demo = (...args: readonly string[]): Promise<Ran> => watched(args);

const watched = (args: readonly string[], atFirst?: (child: ChildProcessWithoutNullStreams) => void): Promise<Ran> =>
  new Promise((done, fail) => {
    const began = performance.now();
    const flags = ["--conditions=casethread:source", "--disable-warning=ExperimentalWarning"];
    const child = spawn(process.execPath, [...flags, "src/cli/demo.ts", ...args], { cwd: root });
    let [out, err] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
    child.stdout.once("data", () => atFirst?.(child));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
    child.once("error", fail);
    child.once("close", (code) => done({ code, out, err, seconds: (performance.now() - began) / 1_000 }));
  });

const lines = (out: string): readonly Record<string, unknown>[] =>
  out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
const told = (out: string, voice: string): string =>
  lines(out)
    .filter((line) => line["voice"] === voice)
    .map((line) => line["text"] as string)
    .join("\n");

describe("npm run demo", () => {
  it("plays one post to its closing word, ends by itself, and stays under twenty seconds", async () => {
    const { code, out, err, seconds } = await demo("--json");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(seconds).toBeLessThan(20);
    expect(told(out, "case")).toMatch(/case \d{8} is open for Social Support/);
    expect(told(out, "case")).toMatch(/her message stands on the same case/);
    expect(told(out, "private")).toContain("@acme_help: Found it");
    const feed = told(out, "feed");
    expect(feed).toContain("[Send a private message]");
    expect(feed.match(/Glad we could sort it out, Maria/g)).toHaveLength(1);
    expect(out).toContain("a closing word is promised");
  });

  it("plays the same on Facebook: a private reply, Messenger, one case, the closing word", async () => {
    const { code, out, err, seconds } = await demo("--channel", "facebook", "--json");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(seconds).toBeLessThan(20);
    expect(told(out, "private")).toContain("[a private reply to her comment]");
    expect(told(out, "case")).toMatch(/her message stands on the same case/);
    expect(told(out, "feed").match(/Glad we could sort it out, Maria/g)).toHaveLength(1);
    expect(out).toContain("the network told by which id it knows her in private");
  });

  it("rehearses on Facebook, and leaves nothing", async () => {
    const { code, out, err } = await demo("--channel", "facebook", "--perform", "none", "--json");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(told(out, "bridge")).toContain("nothing left: 0 posts, 0 cases");
  });

  it("rehearses: what customers say, what would have been done, and nothing left", async () => {
    const { code, out, err } = await demo("--perform", "none", "--json");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const planned = lines(out).filter((line) => line["voice"] === "plan");
    expect(planned.map((line) => line["act"])).toEqual(expect.arrayContaining(["open", "entry"]));
    expect(planned.every((line) => typeof line["door"] === "string")).toBe(true);
    expect(told(out, "bridge")).toContain("nothing left: 0 posts, 0 cases");
  });

  it("ends quietly when nobody reads on", async () => {
    const { code, out, err } = await demoUntil("stdout");
    expect(out).not.toBe("");
    expect({ code, err }).toEqual({ code: 0, err: "" });
  });

  it.for([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("ends on %s with %i", async ([signal, code]) => {
    const ended = await demoUntil(signal);
    expect({ code: ended.code, err: ended.err }).toEqual({ code, err: "" });
    expect(ended.seconds).toBeLessThan(10);
  });

  it.for([
    [["--perform", "none", "--replay", "x.csv"], /a replay performs all/],
    [["--perform", "sometimes"], /"all" or "none"/],
    [["--channel", "myspace"], /"x" or "facebook"/],
    [["--channel", "facebook", "--replay", "x.csv"], /a replay plays on X/],
    [["--nonsense"], /nonsense.*--help/s],
  ] as const)("refuses %s with a sentence", async ([args, sentence]) => {
    const { code, err } = await demo(...args);
    expect(code).toBe(2);
    expect(err).toMatch(sentence);
    expect(err.trim().split("\n").length).toBeLessThanOrEqual(3);
  });

  it("tells how it is used", async () => {
    const { code, out } = await demo("--help");
    expect(code).toBe(0);
    for (const flag of ["--channel", "--perform", "--replay", "--json", "--verbose"]) expect(out).toContain(flag);
  });
});
