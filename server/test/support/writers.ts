/** Writers and commands for tests against a real database. */
import { createHash, randomUUID } from "node:crypto";
import { Registry } from "prom-client";
import type {
  Command,
  InventoryCommand,
  InventoryLine,
  ItemChange,
  LocationCommand,
  ProductCommand,
} from "../../src/core/command.ts";
import type { Outcome } from "../../src/core/outcome.ts";
import { readBoard } from "../../src/journal/board-reader.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { writerMetrics } from "../../src/telemetry/writer-metrics.ts";
import { HeadBoard } from "../../src/writer/head-board.ts";
import type { Settled } from "../../src/writer/job.ts";
import { Writer, type WriterOptions } from "../../src/writer/writer.ts";
import type { TestDatabase } from "./database.ts";

const hex = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 32);

function origin(key: string, body: unknown) {
  return {
    key: hex(key),
    requestHash: hex(JSON.stringify(body)),
    actor: "key_test",
    source: null,
    requestId: "req_test",
    traceparent: null,
  };
}

/** A change of one item; further fields of the line as given. */
export function line(
  productId: string,
  locationId: string,
  change: ItemChange,
  rest: Partial<InventoryLine> = {},
): InventoryLine {
  return {
    productId,
    locationId,
    change,
    sku: null,
    guard: null,
    mustExist: false,
    allowNegative: false,
    movementType: "correction",
    occurredAtMs: null,
    text: null,
    ...rest,
  };
}

export function inventory(lines: readonly InventoryLine[], key: string = randomUUID()): InventoryCommand {
  return { kind: "inventory", lines, ...origin(key, lines) };
}

export const adjust = (productId: string, locationId: string, adjustment: number, key?: string): InventoryCommand =>
  inventory([line(productId, locationId, { adjustment })], key);

export function createProduct(productId: string, sku = `SKU-${productId}`): ProductCommand {
  const document = {
    sku,
    name: productId,
    description: null,
    price: null,
    currency: "EUR",
    prices: {},
    attributes: {},
  };
  return {
    kind: "product",
    productId,
    operation: { kind: "create", document },
    ifMatchVersion: null,
    ...origin(randomUUID(), document),
  };
}

export function createLocation(locationId: string): LocationCommand {
  const document = { name: locationId, type: "store", region: null, timezone: null, currency: null, groups: [] };
  return {
    kind: "location",
    locationId,
    operation: { kind: "create", document },
    ifMatchVersion: null,
    ...origin(randomUUID(), document),
  };
}

/** A writer on a test database, as another server would have it. */
export async function openWriter(database: TestDatabase, options: Partial<WriterOptions> = {}): Promise<Writer> {
  const { heads, partitionCount } = await readBoard(database.application);
  return new Writer({
    target: database.target,
    partitionCount,
    laneCount: 2,
    queueEntriesMax: 50_000,
    cacheItemsMax: 100_000,
    board: new HeadBoard(heads),
    clock: systemClock,
    metrics: writerMetrics(new Registry()),
    ...options,
  });
}

export const submitOne = (writer: Writer, command: Command): Promise<Settled> => writer.submit([command])[0]!;

/** Submits and insists that nothing is refused. */
export async function apply(writer: Writer, ...commands: Command[]): Promise<Outcome[]> {
  const settled = await Promise.all(writer.submit(commands));
  for (const { outcome } of settled)
    if (outcome.kind === "rejected") throw new Error(`refused: ${outcome.rejection.detail}`);
  return settled.map(({ outcome }) => outcome);
}
