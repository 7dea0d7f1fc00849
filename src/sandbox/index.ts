/**
 * The ground that sandboxes of networks and CRMs stand on: a loopback server, a clock under control, seeded chance and
 * faults. Each adapter brings its own sandbox on top.
 *
 * @module
 */
export { createClock, type SandboxClock } from "./clock.ts";
export { checkDeeds, deedsAt, serveDeeds, type Shape, type Takes, turnAway } from "./control.ts";
export { createDeliveries, type Deliveries, type DeliveryManners, type DeliveryTally } from "./deliver.ts";
export { type Chance, createChance, createFaults, type Faults } from "./faults.ts";
export { CutConnection, type SandboxServer, serve } from "./server.ts";
export { settle, type Settling } from "./settle.ts";
export type { Clock } from "../core/contracts/clock.ts";
export { type Lack, lacking } from "../core/contracts/given.ts";
