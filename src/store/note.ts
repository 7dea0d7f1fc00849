import type { Note } from "../core/contracts/kit.ts";
import type { Tx } from "./sql.ts";

/** A small shared value, changed by compare-and-swap. */
export const noteOf = (tx: Tx, name: string): Note => ({
  read: async () => (await tx.sql.one<{ value: string }>("SELECT value FROM note WHERE name = ?", name))?.value,
  swap: async (from, to) => {
    const changed =
      from === undefined
        ? await tx.sql.run("INSERT INTO note(name, value) VALUES(?, ?) ON CONFLICT DO NOTHING", name, to)
        : await tx.sql.run("UPDATE note SET value = ? WHERE name = ? AND value = ?", to, name, from);
    return changed === 1;
  },
});
