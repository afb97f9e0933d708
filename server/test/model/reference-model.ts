/**
 * The reference model: what every command must come to, written down a second time as naively as possible. It shares
 * nothing with the core but types, the vocabulary and `partitionOf`.
 */
import { type EntryKind, entryKinds } from "@onhand/protocol/vocabulary";
import type { LocationDocument, ProductDocument } from "../../src/core/catalogue.ts";
import type {
  CatalogueOperation,
  Command,
  CommandOrigin,
  LocationCommand,
  ProductCommand,
} from "../../src/core/command.ts";
import { partitionOf } from "../../src/core/partition.ts";
import { executeInventory } from "./reference-inventory.ts";
import { type Fault, foremost, type Verdict } from "./verdict.ts";
import {
  holdsAnything,
  lengthOf,
  type ModelItem,
  type ModelRecord,
  putLocation,
  putProduct,
  recordedAt,
  visibleRecord,
  type World,
} from "./world.ts";

/** Executes one command in the world and says what comes of it. */
export function execute(world: World, command: Command, nowMs: number): Verdict {
  if (command.kind === "inventory") return executeInventory(world, command, nowMs);
  return command.kind === "product" ? executeProduct(world, command, nowMs) : executeLocation(world, command, nowMs);
}

function executeProduct(world: World, command: ProductCommand, nowMs: number): Verdict {
  const { productId, operation } = command;
  const partition = partitionOf(productId, world.partitionCount);
  const current = visibleRecord(world.products, productId);
  const items = world.items.filter((item) => item.productId === productId);
  const faults = faultsOf(current, operation, command.ifMatchVersion, items);
  const sku = skuAfter(current?.document.sku ?? null, operation);
  const takenBy = world.products.find(
    (product) => product.id !== productId && product.life !== "deleted" && product.document.sku === sku,
  );
  const needed = operation.kind === "create" || current !== null;
  if (takenBy !== undefined && needed) faults.push({ code: "already_exists", line: 0 });
  if (faults.length > 0) return { kind: "rejected", faults: foremost(faults) };

  const stored = world.products.find((product) => product.id === productId) ?? null;
  const record = recordAfter<ProductDocument>(productId, stored, operation, recordedAt(world, partition, nowMs));
  const kind = [
    entryKinds.productCreated,
    entryKinds.productUpdated,
    entryKinds.productArchived,
    entryKinds.productDeleted,
  ][kindIndex(current, record)]!;
  pushEntry(world, command, partition, kind, { productId, locationId: null }, record);
  putProduct(world, record);
  return { kind: "product", record };
}

function skuAfter(current: string | null, operation: CatalogueOperation<ProductDocument>): string | null {
  if (operation.kind === "delete") return null;
  if (operation.kind === "patch") return operation.fields.sku ?? current;
  return operation.document.sku;
}

function executeLocation(world: World, command: LocationCommand, nowMs: number): Verdict {
  const { locationId, operation } = command;
  const current = visibleRecord(world.locations, locationId);
  const items = world.items.filter((item) => item.locationId === locationId);
  const faults = faultsOf(current, operation, command.ifMatchVersion, items);
  if (faults.length > 0) return { kind: "rejected", faults: foremost(faults) };

  const stored = world.locations.find((location) => location.id === locationId) ?? null;
  const record = recordAfter<LocationDocument>(locationId, stored, operation, recordedAt(world, 0, nowMs));
  const kind = [
    entryKinds.locationCreated,
    entryKinds.locationUpdated,
    entryKinds.locationArchived,
    entryKinds.locationDeleted,
  ][kindIndex(current, record)]!;
  pushEntry(world, command, 0, kind, { productId: null, locationId }, record);
  putLocation(world, record);
  return { kind: "location", record };
}

function faultsOf<Document>(
  current: ModelRecord<Document> | null,
  operation: CatalogueOperation<Document>,
  ifMatchVersion: number | null,
  items: readonly ModelItem[],
): Fault[] {
  if (operation.kind === "create") return current === null ? [] : [{ code: "already_exists", line: 0 }];
  if (current === null) return [{ code: "not_found", line: 0 }];
  const faults: Fault[] = [];
  if (ifMatchVersion !== null && ifMatchVersion !== current.version) {
    faults.push({ code: "version_conflict", line: 0, byIfMatch: true, currentVersion: current.version });
  }
  if (operation.kind === "delete" && items.some(holdsAnything)) faults.push({ code: "in_use", line: 0 });
  return faults;
}

function recordAfter<Document>(
  id: string,
  stored: ModelRecord<Document> | null,
  operation: CatalogueOperation<Document>,
  atMs: number,
): ModelRecord<Document> {
  const version = (stored?.version ?? 0) + 1;
  if (operation.kind === "create") {
    return { id, document: operation.document, version, life: "active", createdAtMs: atMs, updatedAtMs: atMs };
  }
  const current = stored!;
  if (operation.kind === "delete") return { ...current, version, life: "deleted", updatedAtMs: atMs };
  const document =
    operation.kind === "replace" ? operation.document : Object.assign({}, current.document, operation.fields);
  return { ...current, document, version, life: operation.life ?? current.life, updatedAtMs: atMs };
}

/** 0 created, 1 updated, 2 archived, 3 deleted. */
function kindIndex(current: ModelRecord<unknown> | null, after: ModelRecord<unknown>): number {
  if (after.life === "deleted") return 3;
  if (current === null) return 0;
  return current.life === "active" && after.life === "archived" ? 2 : 1;
}

function pushEntry(
  world: World,
  origin: CommandOrigin,
  partition: number,
  kind: EntryKind,
  subject: { productId: string | null; locationId: string | null },
  record: ModelRecord<unknown>,
): void {
  const nothing = { onHand: 0, reserved: 0, unavailable: 0, incoming: 0 };
  const { document, life, createdAtMs, updatedAtMs, version } = record;
  world.entries.push({
    partition,
    sequence: lengthOf(world, partition) + 1,
    kind,
    ...subject,
    itemNumber: null,
    previousSequence: null,
    version,
    delta: nothing,
    after: nothing,
    safetyStock: 0,
    reorderPoint: null,
    movementType: 0,
    allowsNegative: false,
    occurredAtMs: updatedAtMs,
    recordedAtMs: updatedAtMs,
    actor: origin.actor,
    source: origin.source,
    requestId: origin.requestId,
    traceparent: origin.traceparent,
    parts: null,
    textCommitment: null,
    detail: JSON.stringify({ document, life, createdAtMs }),
  });
}
