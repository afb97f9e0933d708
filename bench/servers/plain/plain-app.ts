import { type Context, Hono } from "hono";
import type { Pool } from "pg";
import type { Registry } from "prom-client";
import type { Validator } from "typebox/compile";
import { adjustItem, type CommandContext } from "./adjust-item.ts";
import { type Answer, problem } from "./answers.ts";
import type { KeyRing } from "./authenticate.ts";
import { type BulkMode, bulkModeOf, bulkUpdate } from "./bulk-update.ts";
import { createLocation, createProduct } from "./catalogue.ts";
import { hashRequest, oncePerKey } from "./idempotent.ts";
import { readInventory } from "./read-inventory.ts";
import { requestMetrics } from "./request-metrics.ts";
import { adjustmentRequest, bulkRequest, locationRequest, productRequest, reservationRequest } from "./requests.ts";
import { commitReservation, createReservation } from "./reservations.ts";

/** What the routes need. */
export interface PlainAppOptions {
  readonly pool: Pool;
  readonly keys: KeyRing;
  readonly metrics: Registry;
  /** Used where a request does not name its own mode in `X-Bench-Bulk-Mode`. */
  readonly bulkMode: BulkMode;
}

type Env = { Variables: { principal: string } };

/** The plain server's routes: the part of the contract that the benchmark uses. */
export function plainApp(options: PlainAppOptions): Hono<Env> {
  const { pool, keys, metrics } = options;
  const app = new Hono<Env>();
  app.use(requestMetrics(metrics));
  app.get("/readyz", (context) => context.text("ready"));
  app.get("/metrics", async (context) => context.text(await metrics.metrics()));

  app.use("/v1/*", async (context, next) => {
    const principal = keys.principalOf(context.req.header("Authorization"));
    if (principal === null) return send(context, problem(401, "unauthorized", "Send a known key as a bearer token."));
    context.set("principal", principal);
    return next();
  });

  app.post("/v1/products", async (context) => {
    const parsed = parse(await context.req.text(), productRequest);
    return send(context, "answer" in parsed ? parsed.answer : await createProduct(pool, parsed.value));
  });
  app.post("/v1/locations", async (context) => {
    const parsed = parse(await context.req.text(), locationRequest);
    return send(context, "answer" in parsed ? parsed.answer : await createLocation(pool, parsed.value));
  });
  app.post("/v1/inventory", async (context) => {
    const text = await context.req.text();
    const parsed = parse(text, adjustmentRequest);
    if ("answer" in parsed) return send(context, parsed.answer);
    const command = commandContext(context);
    const work = oncePerKey(pool, command, hashRequest(text), (client) => adjustItem(client, parsed.value, command));
    return send(context, await work);
  });
  app.post("/v1/inventory/bulk-update", async (context) => {
    const parsed = parse(await context.req.text(), bulkRequest);
    if ("answer" in parsed) return send(context, parsed.answer);
    const asked = context.req.header("X-Bench-Bulk-Mode");
    const mode = asked === undefined ? options.bulkMode : bulkModeOf(asked);
    return send(context, await bulkUpdate(pool, parsed.value.updates, commandContext(context), mode));
  });
  app.post("/v1/reservations", async (context) => {
    const text = await context.req.text();
    const parsed = parse(text, reservationRequest);
    if ("answer" in parsed) return send(context, parsed.answer);
    const command = commandContext(context);
    const work = oncePerKey(pool, command, hashRequest(text), (client) =>
      createReservation(client, parsed.value, command),
    );
    return send(context, await work);
  });
  app.post("/v1/reservations/:reservationId/commit", async (context) => {
    const reservationId = context.req.param("reservationId");
    const command = commandContext(context);
    const work = oncePerKey(pool, command, hashRequest(`commit ${reservationId}`), (client) =>
      commitReservation(client, reservationId, command),
    );
    return send(context, await work);
  });
  app.get("/v1/inventory/:sku", async (context) => send(context, await readInventory(pool, context.req.param("sku"))));

  app.notFound((context) => send(context, problem(404, "not_found", "There is no such path.")));
  app.onError((error, context) => {
    console.error(error);
    return send(context, problem(500, "internal", "The request failed; see the server's log."));
  });
  return app;
}

function commandContext(context: Context<Env>): CommandContext {
  return {
    principal: context.get("principal"),
    key: context.req.header("Idempotency-Key") ?? crypto.randomUUID(),
    requestId: context.req.header("X-Request-Id") ?? crypto.randomUUID(),
  };
}

function parse<T>(text: string, validator: ShapeValidator<T>): { value: T } | { answer: Answer } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { answer: problem(400, "validation_failed", "The body is not JSON.") };
  }
  if (validator.Check(value)) return { value };
  const errors = validator.Errors(value).map((error) => ({ pointer: error.instancePath, message: error.message }));
  return { answer: problem(400, "validation_failed", "The body does not have the documented form.", { errors }) };
}

/** The part of a compiled validator used here. */
interface ShapeValidator<T> extends Pick<Validator, "Errors"> {
  Check(value: unknown): value is T;
}

function send(context: Context, answer: Answer): Response {
  const type = answer.status < 400 ? "application/json" : "application/problem+json";
  return context.body(answer.body, answer.status as 200, { "Content-Type": type });
}
