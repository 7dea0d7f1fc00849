/**
 * Tells OpenTelemetry what a bridge does: spans from delivery to act, linked across the outbox, and figures. Needs
 * `@opentelemetry/api`; whatever SDK you have registered with it gets them.
 *
 * @module
 */
import { createRequire } from "node:module";
import type * as Api from "@opentelemetry/api";
import { BridgeError } from "./core/contracts/errors.ts";
import type { CountName, LevelName, Telemetry } from "./core/contracts/telemetry.ts";

const counted: Readonly<Record<CountName, string>> = {
  "casethread.deliveries": "deliveries, by adapter and status",
  "casethread.admitted": "events that counted, by kind and source",
  "casethread.acts": "ends of acts, by door, act, outcome and how it was learned",
  "casethread.invites": "steps of invites into private, by stage",
};
const read: Readonly<Record<LevelName, string>> = {
  "casethread.depth": "acts that are due or wait, by door",
  "casethread.parked": "acts that wait for a person",
  "casethread.held": "answers that are held",
  "casethread.unread": "genuine items that could not be read",
  "casethread.unheard": "how many an account usually hears in the time in which it has heard nothing",
  "casethread.spent": "what a channel has cost today, in US dollars",
  "casethread.budget": "what a channel may cost a day, in US dollars",
};

/** https://www.w3.org/TR/trace-context/#traceparent-header */
const marked = /^00-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})$/;

/** Loaded when it is asked for: whoever only imports this module needs nothing. `import()` would make the caller wait. */
const loadApi = (): typeof Api => {
  try {
    return createRequire(import.meta.url)("@opentelemetry/api") as typeof Api;
  } catch (thrown) {
    throw new BridgeError(
      'telemetry needs its API: run "npm install @opentelemetry/api"; a bundler has to leave it outside.',
      { fault: "unavailable", adapter: "opentelemetry", landed: "no", cause: thrown },
    );
  }
};

/** What a failure is told as: an error's own message may repeat what it stumbled over. */
const nameOf = (thrown: unknown): string => {
  if (thrown instanceof BridgeError) return `${thrown.adapter}: ${thrown.fault}`;
  return thrown instanceof Error ? thrown.name : typeof thrown;
};

/**
 * Makes what `createBridge({ telemetry })` takes. Register your SDK first: metrics that are made before it stay silent.
 *
 * @throws BridgeError `unavailable` when `@opentelemetry/api` is not installed.
 */
export const openTelemetry = (): Telemetry => {
  const { isSpanContextValid, metrics, SpanStatusCode, trace, TraceFlags } = loadApi();
  const linkOf = (mark: string): readonly Api.Link[] => {
    const [, traceId = "", spanId = "", flags = "00"] = marked.exec(mark) ?? [];
    const context = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true };
    return isSpanContextValid(context) ? [{ context }] : [];
  };
  const tracer = trace.getTracer("casethread");
  const meter = metrics.getMeter("casethread");
  const lag = meter.createHistogram("casethread.lag", {
    unit: "s",
    description: "from when something was said, or changed in the CRM, to when it was kept",
    advice: { explicitBucketBoundaries: [0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3_600, 14_400, 86_400] },
  });
  const counters = new Map(
    Object.entries(counted).map(([name, description]) => [name, meter.createCounter(name, { description })]),
  );
  const gauges = new Map(
    Object.entries(read).map(([name, description]) => [name, meter.createObservableGauge(name, { description })]),
  );
  return {
    span: (name, attributes, work, after = []) =>
      tracer.startActiveSpan(name, { attributes, links: after.flatMap(linkOf) }, async (span) => {
        try {
          return await work((facts) => void span.setAttributes(facts));
        } catch (thrown) {
          span.setStatus({ code: SpanStatusCode.ERROR, message: nameOf(thrown) });
          throw thrown;
        } finally {
          span.end();
        }
      }),
    mark: () => {
      const context = trace.getActiveSpan()?.spanContext();
      if (context === undefined || !isSpanContextValid(context)) return undefined;
      const flags = (context.traceFlags & TraceFlags.SAMPLED).toString(16).padStart(2, "0");
      return `00-${context.traceId}-${context.spanId}-${flags}`;
    },
    count: (name, by, facts) => counters.get(name)?.add(by, facts),
    lag: (seconds, facts) => lag.record(seconds, facts),
    levels: (look) => {
      const all = [...gauges.values()];
      const tell: Parameters<Api.Meter["addBatchObservableCallback"]>[0] = async (result) => {
        for (const { name, value, facts } of await look()) {
          const gauge = gauges.get(name);
          if (gauge !== undefined) result.observe(gauge, value, facts);
        }
      };
      meter.addBatchObservableCallback(tell, all);
      return () => meter.removeBatchObservableCallback(tell, all);
    },
  };
};

export type { CountName, Facts, Level, LevelName, SpanName, Telemetry } from "./core/contracts/telemetry.ts";
