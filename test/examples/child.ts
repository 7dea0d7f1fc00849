// Runs the examples that it is told, one after the other: what all of them load is loaded once.
import { resolve } from "node:path";

for (const name of process.argv.splice(2)) {
  const path = resolve(import.meta.dirname, "../../examples", name);
  for (const stream of [process.stdout, process.stderr]) stream.write(`=== ${name}\n`);
  // As if it alone had been run: some are loaded by others, and do nothing then.
  process.argv[1] = path;
  try {
    await import(path);
  } catch (thrown) {
    console.error(thrown);
    process.exitCode = 1;
  }
}
