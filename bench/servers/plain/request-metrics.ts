import type { MiddlewareHandler } from "hono";
import { Counter, collectDefaultMetrics, Histogram, type Registry } from "prom-client";

/** Counts and times every request, as any service in production does. */
export function requestMetrics(registry: Registry): MiddlewareHandler {
  collectDefaultMetrics({ register: registry });
  const labelNames = ["method", "route", "status"] as const;
  const requests = new Counter({ name: "http_requests_total", help: "Requests", labelNames, registers: [registry] });
  const seconds = new Histogram({
    name: "http_request_duration_seconds",
    help: "Time from request to response",
    labelNames: ["method", "route"] as const,
    registers: [registry],
  });
  return async (context, next) => {
    const startedAtMs = performance.now();
    await next();
    const method = context.req.method;
    const route = context.req.routePath;
    requests.inc({ method, route, status: context.res.status });
    seconds.observe({ method, route }, (performance.now() - startedAtMs) / 1000);
  };
}
