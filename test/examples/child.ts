// Runs the examples that it is told, one after the other: what all of them load is loaded once. `NAME=value` sets a variable
// for those that come after it.
import { resolve } from "node:path";

let set = "";
for (const one of process.argv.splice(2)) {
  const [name = "", value] = one.split("=");
  if (value !== undefined) {
    process.env[name] = value;
    set += ` ${one}`;
    continue;
  }
  const path = resolve(import.meta.dirname, "../../examples", name);
  for (const stream of [process.stdout, process.stderr]) stream.write(`=== ${name}${set}\n`);
  // As if it alone had been run: some are loaded by others, and do nothing then.
  process.argv[1] = path;
  try {
    await import(`${path}?${set}`); // once more where something was set
  } catch (thrown) {
    console.error(thrown);
  }
}
