/**
 * The laws of channels, CRMs and stores, as data: run them with any test runner over an adapter of your own.
 *
 * @module
 */
export {
  type ChannelLaw,
  channelLaws,
  type ChannelSubject,
  type DeliverySample,
  type NetworkFault,
} from "./channel.ts";
export { type CrmLaw, crmLaws, type CrmLook, type CrmSubject } from "./crm.ts";
export type { Law } from "./law.ts";
export { storeLaws, type StoreLaw, type StoreSubject } from "./store.ts";
