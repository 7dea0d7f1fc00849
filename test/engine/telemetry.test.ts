import { context, metrics, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { openTelemetry, type Telemetry } from "casethread/opentelemetry";
import { afterAll, beforeEach, expect, it } from "vitest";
import { parkChannel } from "../made-up/park.ts";
import { bridgeBetween, createWorld, type World } from "../made-up/world.ts";

const spans = new InMemorySpanExporter();
const figures = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter: figures, exportIntervalMillis: 3_600_000 });
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
const meters = new MeterProvider({ readers: [reader] });
const manager = new AsyncLocalStorageContextManager().enable();
context.setGlobalContextManager(manager);
trace.setGlobalTracerProvider(provider);
metrics.setGlobalMeterProvider(meters);

beforeEach(() => spans.reset());
afterAll(async () => {
  await meters.shutdown();
  for (const api of [context, trace, metrics]) api.disable();
});

const told = async (world: World): Promise<string> => {
  await world.settle();
  return JSON.stringify(
    spans
      .getFinishedSpans()
      .map(({ name, attributes, status, events, links }) => ({ name, attributes, status, events, links })),
  );
};
const named = (name: string) => spans.getFinishedSpans().filter((span) => span.name === name);

/** The newest value of a figure for each of its facts. */
const figure = async (name: string): Promise<readonly (readonly [string, unknown])[]> => {
  figures.reset();
  await reader.forceFlush();
  const found = figures.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
  return found
    .filter(({ descriptor }) => descriptor.name === name)
    .flatMap(({ dataPoints }) =>
      dataPoints.map(({ attributes, value }) => [JSON.stringify(attributes), value] as const),
    );
};

it("every act is linked to the delivery, or to the question to the CRM, that led to it", async () => {
  await using world = createWorld({ telemetry: openTelemetry() });
  const post = await world.post("maria", "my coffee was cold, says Maria of Elm Street");
  await world.settle();
  const [delivery] = named("casethread.deliver");
  expect(delivery?.attributes).toEqual({ adapter: "park", status: 200 });
  const [write] = named("casethread.write");
  expect(write?.attributes).toEqual({ crm: "desk", acts: 2 });
  expect(write?.links.map((link) => link.context.spanId)).toEqual([delivery?.spanContext().spanId]);
  expect(write?.links.map((link) => link.context.traceId)).toEqual([delivery?.spanContext().traceId]);

  world.desk.answer((await world.talk(post)).key, "So sorry.", "public");
  await world.pass(10_000);
  const [act] = named("casethread.perform");
  expect(act?.attributes).toEqual({ door: "park/kiosk/public", act: "reply" });
  const polls = named("casethread.poll").map((span) => span.spanContext().spanId);
  expect(polls).toContain(act?.links[0]?.context.spanId);
});

it("what fails is told by its fault; of words, handles and people nothing is", async () => {
  await using world = createWorld({ telemetry: openTelemetry() });
  world.park.faults.push("refuse");
  const post = await world.post("maria", "my coffee was cold, says Maria of Elm Street");
  await world.settle();
  await world.answer(post, "So sorry, Elm Street.");
  const all = await told(world);
  const [act] = named("casethread.perform");
  expect(act?.status).toMatchObject({ code: SpanStatusCode.ERROR, message: expect.stringMatching(/^park: \w+$/) });
  for (const word of ["coffee", "Elm", "maria", "sorry"]) expect(all.toLowerCase()).not.toContain(word.toLowerCase());
});

it("what a stranger asks for is no name of a figure", async () => {
  await using world = createWorld({ telemetry: openTelemetry() });
  await world.bridge.fetch(new Request("http://localhost/wp-admin"));
  expect(named("casethread.deliver")[0]?.attributes).toEqual({ adapter: "none", status: 404 });
});

it("figures: what counted and how late, how acts ended, what waits, how far invites came", async () => {
  await using world = createWorld({ telemetry: openTelemetry() });
  const post = await world.post("maria", "cold coffee");
  await world.settle();
  const before = await figure("casethread.invites");
  await world.answer(post, "Write to us.", "public");
  expect(await figure("casethread.depth")).toContainEqual(['{"door":"park/kiosk/public","state":"due"}', 1]);
  await world.settle();
  const kinds = (await figure("casethread.admitted")).map(([facts]) => facts);
  expect(kinds).toContain('{"as":"said","source":"webhook"}');
  expect((await figure("casethread.acts")).map(([facts]) => facts)).toContain(
    '{"door":"park/kiosk/public","act":"reply","outcome":"done","learned":"answer"}',
  );
  // The desk was heard by the test before.
  expect((await figure("casethread.lag")).map(([facts]) => facts).toSorted()).toEqual([
    '{"channel":"park","side":"public"}',
    '{"crm":"desk"}',
  ]);
  expect(await figure("casethread.parked")).toEqual([["{}", 0]]);
  expect(await figure("casethread.invites")).not.toEqual(before);
});

it("levels: what waits for a person, what is held, what could not be read, what was spent of what may be", async () => {
  await using world = createWorld();
  const empty = await world.store.census();
  const census = { ...empty, lanes: [{ door: "park/kiosk/public", due: 1, waiting: 2 }], parked: 3, drafts: 4, raw: 5 };
  const spending = { usd: 6, budgetUsd: 7, day: "2026-09-01" };
  const channel = { ...parkChannel(world.park), spending: () => Promise.resolve(spending) };
  const store = new Proxy(world.store, {
    get: (target, name) => (name === "census" ? () => Promise.resolve(census) : (Reflect.get(target, name) as unknown)),
  });
  let read: Parameters<Telemetry["levels"]>[0] | undefined;
  const levels: Telemetry["levels"] = (look) => {
    read = look;
    return () => undefined;
  };
  await using other = bridgeBetween(world.park, world.desk, {
    channels: [channel],
    store,
    telemetry: { ...openTelemetry(), levels },
  });
  await other.bridge.health();
  expect((await read?.())?.map(({ name, value, facts }) => [name, value, ...Object.values(facts)])).toEqual([
    ["casethread.depth", 1, "park/kiosk/public", "due"],
    ["casethread.depth", 2, "park/kiosk/public", "waiting"],
    ["casethread.parked", 3],
    ["casethread.held", 4],
    ["casethread.unread", 5],
    ["casethread.spent", 6, "park"],
    ["casethread.budget", 7, "park"],
  ]);
});

it("a bridge that is closed is asked for no levels any more", async () => {
  const seen: string[] = [];
  const levels = (): (() => void) => {
    seen.push("begun");
    return () => void seen.push("ended");
  };
  const world = createWorld({ telemetry: { ...openTelemetry(), levels } });
  await world.settle();
  expect(seen).toEqual(["begun"]);
  await world[Symbol.asyncDispose]();
  expect(seen).toEqual(["begun", "ended"]);
});
