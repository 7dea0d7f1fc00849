import type { Store } from "casethread";

/** Acts that are promised and have no end. Lanes that are due tell nothing of one that was forgotten. Behind one that waits for a person, others may. */
export const openActs = async (store: Store): Promise<number> => {
  let open = 0;
  for (let after: Parameters<Store["standing"]>[0]; ;) {
    const some = await store.standing(after, 500);
    for (const { promised, parked } of some) if (parked === 0) open += promised;
    after = some.at(-1)?.conversation.key;
    if (after === undefined) return open;
  }
};
