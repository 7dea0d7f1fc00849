import { erasingLaws } from "./store/erasing.ts";
import { laneLaws } from "./store/lanes.ts";
import { orderLaws } from "./store/order.ts";
import { pauseLaws } from "./store/pauses.ts";
import { peopleLaws } from "./store/people.ts";
import { recordLaws } from "./store/records.ts";
import { sendingLaws } from "./store/sending.ts";
import type { StoreLaw } from "./store/subject.ts";
import { unitLaws } from "./store/units.ts";

export type { StoreLaw, StoreSubject } from "./store/subject.ts";

/** The laws of a store. Each brings its own data and leaves none; they may run at once where data of different names does not meet. */
export const storeLaws: readonly StoreLaw[] = [
  ...unitLaws,
  ...laneLaws,
  ...orderLaws,
  ...sendingLaws,
  ...pauseLaws,
  ...recordLaws,
  ...peopleLaws,
  ...erasingLaws,
];
