// OpenTelemetry: one trace from the post to the case, linked where the outbox lies between, and figures to watch.
// Run it:          node 19-opentelemetry.ts
// In a checkout:   node --conditions=casethread:source examples/19-opentelemetry.ts
// You should see:  the spans in order with what each is linked to, and what waits; nowhere a word or a name of hers.
// With X_* and SALESFORCE_* set (see the adapters' READMEs) the same bridge serves the real ones; in the place of the two
// exporters stands yours.
import { createServer } from "node:http";
import { context, metrics, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { createBridge } from "casethread";
import { toNode } from "casethread/node";
import { openTelemetry } from "casethread/opentelemetry";
import { salesforce } from "casethread/salesforce";
import { createSalesforceSandbox } from "casethread/salesforce/sandbox";
import { sqlite } from "casethread/sqlite";
import { x } from "casethread/x";
import { createXSandbox } from "casethread/x/sandbox";

// What an SDK package such as @opentelemetry/sdk-node does in one call. It comes before the bridge.
const spans = new InMemorySpanExporter();
const figures = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter: figures });
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }));
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));

const real = process.env["X_CONSUMER_SECRET"] !== undefined;
await using network = await createXSandbox({ accounts: [{ id: "1001", handle: "acme_help" }] });
await using org = await createSalesforceSandbox({ queues: ["Social Support"] });
const env = real ? process.env : { ...network.env(), ...org.env() };

await using bridge = createBridge({
  channels: [x.fromEnv(env)],
  crm: salesforce.fromEnv(env),
  telemetry: openTelemetry(),
  store: sqlite(real ? { file: "casethread.db" } : { file: ":memory:", durable: false }),
});

if (real) {
  createServer(toNode(bridge.fetch)).listen(8080, () => console.log("webhooks: http://localhost:8080/x"));
  await bridge.work();
}

// From here on the sandbox is X.
await network.attach(bridge.fetch);
await network.say({ by: await network.persona("maria_k"), text: "@acme_help my parcel is lost" });
await network.settled();
await bridge.work({ until: "idle" });

const shown = spans.getFinishedSpans().filter(({ name }) => name !== "casethread.poll");
for (const { name, attributes, links } of shown) {
  const after = links.flatMap(
    ({ context: { spanId } }) => shown.find((one) => one.spanContext().spanId === spanId)?.name ?? [],
  );
  console.log(name, JSON.stringify(attributes), after.length === 0 ? "" : `after ${after.join(", ")}`);
}
await reader.forceFlush();
for (const { scopeMetrics } of figures.getMetrics().slice(-1))
  for (const { descriptor, dataPoints } of scopeMetrics.flatMap((scope) => scope.metrics))
    if (descriptor.name === "casethread.acts" || descriptor.name === "casethread.parked")
      for (const { attributes, value } of dataPoints) console.log(descriptor.name, JSON.stringify(attributes), value);
await reader.shutdown();
