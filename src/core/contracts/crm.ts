import type { CrmAct, Effect, Receipt } from "../words/effect.ts";
import type { Entry } from "../words/entry.ts";
import type { FromCrm } from "../words/event.ts";
import type { Persona } from "../words/conversation.ts";
import type { CaseRef } from "../words/ref.ts";
import type { BridgeError } from "./errors.ts";
import type { Delivery, Kit, Page, Reading } from "./kit.ts";
import type { Outside } from "./outside.ts";

/** An effect on the CRM in a worker's hands, with what it needs to be written. */
export interface CrmTask {
  readonly effect: Effect<CrmAct>;
  readonly attempt: number;
  /** For `open` and `entry`: what was said. */
  readonly entry?: Entry;
  readonly persona?: Persona;
}

/** Where cases are kept. */
export interface Crm extends Outside {
  readonly name: string;
  readonly can: {
    /** How many acts one `write` may carry. */
    readonly batch: number;
    /** How long after one write has begun the next may wait to fill up, in ms. Read before each. @default 0 */
    readonly gatherMs?: number;
  };
  /**
   * One outcome per item, in order. Every act is an upsert by our own key, so that it may always be repeated and needs no
   * id of the CRM's. Acts of one conversation stand in order: when one fails, those behind it fail with it, `landed:
   * "no"`; others do not notice. A write of a lower revision never overwrites one of a higher.
   */
  write(batch: readonly CrmTask[], kit: Kit): Promise<readonly (Receipt | BridgeError)[]>;
  /** States of cases and answers of agents after `cursor`; repeats rather than skips. Without a cursor: from now on, and the CRM is asked all the same, for the log says that it is heard. */
  since(cursor: string | undefined, kit: Kit): AsyncIterable<Page<FromCrm>>;
  /** How often `since` is asked, in ms. Read after each answer. @default 5 seconds */
  readonly pollMs?: number;
  /**
   * Listens for news, and rings when `since` may have something to tell. It reconnects by itself, and settles once the
   * kit's signal aborts; rings may come for nothing, and may be missed: `since` is asked all the same.
   */
  listen?(kit: Kit, ring: () => void): Promise<void>;
  /** What is wrong for now, in sentences that say what to do. */
  troubles?(): readonly string[];
  read?(delivery: Delivery, kit: Kit): Promise<Reading<FromCrm>>;
  url(ref: CaseRef): URL;
  /** The case behind a link. */
  parse?(url: URL): CaseRef | undefined;
}
