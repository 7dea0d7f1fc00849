import { createFuse } from "./crash/fuse.ts";
import { broken, play } from "./crash/story.ts";
const [mode, when, from, to, step] = process.argv.slice(2) as [any, any, string, string, string];
for (let at = Number(from); at <= Number(to); at += Number(step)) {
  const f = createFuse(at, when, mode); const t = performance.now();
  try {
    const e = await Promise.race([play(f), new Promise<never>((_, r) => setTimeout(() => r(new Error("HANG")), 4000))]);
    const b = broken(e, f);
    if (b.length || performance.now() - t > 1500) console.log(at, f.blown, Math.round(performance.now() - t), b.join("; "));
  } catch (e) { console.log(at, f.blown, "THROW", (e as Error).message); }
}
console.log("done"); process.exit(0);
