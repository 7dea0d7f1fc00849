/**
 * Turns what people say to a brand in public into cases in its CRM, takes the talk off the feed, and brings the fate of
 * the case back to the post.
 *
 * @module
 */
export { createBridge } from "./bridge.ts";
export type { Bridge } from "./face.ts";
export { BridgeError, type BridgeErrorAbout } from "./core/contracts/errors.ts";
export { type Clock, systemClock } from "./core/contracts/clock.ts";
export type * from "./core/contracts/channel.ts";
export type * from "./core/contracts/crm.ts";
export type * from "./core/contracts/kit.ts";
export * from "./core/contracts/ledger.ts";
export type * from "./core/contracts/outside.ts";
export type * from "./core/contracts/past.ts";
export type * from "./core/contracts/store.ts";
export { explainWhy } from "./core/rules/explain.ts";
export type { Matter } from "./core/rules/matter.ts";
export type { Urgency } from "./core/rules/urgency.ts";
export type { Advisor } from "./core/rules/advisor.ts";
export { door, type PrivateDoor } from "./core/rules/door.ts";
export type { Hours, Weekday } from "./core/rules/hours.ts";
export type { LinkBackRule, Manners, Wanted } from "./core/rules/manners.ts";
export type { Department, GuardPolicy, Perform, Policy, Windows } from "./core/rules/policy.ts";
export type { Template, Templates, WordsContext } from "./core/rules/template.ts";
export type { Stage } from "./core/rules/stage.ts";
export type * from "./core/words/conversation.ts";
export type * from "./core/words/effect.ts";
export type * from "./core/words/entry.ts";
export type * from "./core/words/event.ts";
export type * from "./core/words/ref.ts";
export { accountName } from "./core/words/ref.ts";
export type { Backfill, BackfillOptions, BackfillProgress } from "./engine/backfill.ts";
export type { DepartmentPending, Handover, Pending } from "./engine/handover.ts";
export type { Health } from "./engine/health.ts";
export type { CheckOptions, FoundOutside, SetupOptions, Step } from "./engine/outside.ts";
export type { BridgeOptions, Configuration, FromEnv } from "./options.ts";
export type { Erasure } from "./engine/erase.ts";
export type { Held } from "./engine/held.ts";
export type { Alert, Log } from "./engine/house.ts";
export type { Silence } from "./engine/silence.ts";
export type { Talk, Where } from "./engine/talk.ts";
export type { Redeemed } from "./engine/redeem.ts";
export type { AnswerState, ByKey, OneOrMany, WantedAnswer } from "./engine/verbs.ts";
export type { Way, WaysWanted } from "./engine/ways.ts";
export type { Intake } from "./engine/web.ts";
export type { WorkOptions } from "./engine/work.ts";
