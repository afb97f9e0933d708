/** A shop with products, and what comes in for it from outside. */
import { Submitter } from "../../src/commands/submitter.ts";
import type { InventoryCommand } from "../../src/core/command.ts";
import { Intake, type IntakeOptions } from "../../src/intake/intake.ts";
import type { IntakeLine, IntakeOrigin } from "../../src/intake/intake-line.ts";
import { systemClock } from "../../src/lib/clock.ts";
import type { Writer } from "../../src/writer/writer.ts";
import type { TestDatabase } from "../support/database.ts";

export const partitionCount = 4;

/** An origin that uses the codes of a source of its name. */
export const originOf = (id: string, fields: Partial<IntakeOrigin> = {}): IntakeOrigin => ({
  kind: "source",
  id,
  label: `source:${id}`,
  mode: "both",
  trust: 50,
  freshForMs: 3_600_000,
  isStatementOnly: false,
  codesOf: id,
  echoWindowMs: 0,
  channelId: null,
  context: {
    principal: { keyId: "key_1", name: "one", role: "writer" },
    idempotencyKey: "k",
    requestId: "req_1",
    traceparent: null,
    source: null,
  },
  ...fields,
});

let made = 0;

/** A sale of one unit of soap at the shop, but for what is said. */
export function lineOf(fields: Partial<IntakeLine> = {}): IntakeLine {
  made += 1;
  return {
    operationId: `op-${made}`,
    product: { productId: "soap" },
    location: { locationId: "shop" },
    change: { adjustment: -1 },
    movementType: "sale",
    occurredAtMs: null,
    saidAtMs: null,
    version: null,
    reason: null,
    reference: null,
    ...fields,
  };
}

/** An intake of its own, as another server has one. */
export function openIntake(
  database: TestDatabase,
  writer: Writer,
  options: Partial<IntakeOptions> = {},
): Intake & { readonly submitted: InventoryCommand[] } {
  const submitter = new Submitter(writer);
  const submitted: InventoryCommand[] = [];
  const intake = new Intake({
    database: database.application,
    partitionCount,
    submit: (command) => {
      submitted.push(command);
      return submitter.submitOne(command);
    },
    clock: systemClock,
    ...options,
  });
  return Object.assign(intake, { submitted });
}

/** Says what a source's codes mean, or mean from now on. */
export async function mapCodes(
  database: TestDatabase,
  sourceId: string,
  codes: Readonly<Record<string, readonly ["product" | "location", string]>>,
): Promise<void> {
  for (const [code, [kind, targetId]] of Object.entries(codes))
    await database.application.query({
      text: `INSERT INTO source_code (source_id, kind, code, target_id) VALUES ($1, $2, $3, $4)
             ON CONFLICT (source_id, kind, code) DO UPDATE SET target_id = excluded.target_id`,
      values: [sourceId, kind === "product" ? 0 : 1, code, targetId],
    });
}

/** What is on hand of a product at a location. */
export async function onHand(database: TestDatabase, productId = "soap", locationId = "shop"): Promise<number> {
  const { rows } = await database.owner.query<{ on_hand: number }>({
    text: "SELECT on_hand FROM item WHERE product_id = $1 AND location_id = $2",
    values: [productId, locationId],
  });
  return rows[0]?.on_hand ?? 0;
}

/** Parks a line whose product code nobody knows, as any server would. @returns its id */
export async function parkLine(
  database: Pick<TestDatabase, "application">,
  sourceId: string,
  code: string,
  fields: Partial<IntakeLine> = {},
): Promise<string> {
  const intake = new Intake({
    database: database.application,
    partitionCount,
    submit: () => Promise.reject(new Error("a line without a product is not submitted")),
    clock: systemClock,
  });
  const [result] = await intake.apply(originOf(sourceId), [lineOf({ product: { code }, ...fields })]);
  return result!.parkedId!;
}
