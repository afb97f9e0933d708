/** Reference model of documents: products, locations and channels are created, changed, archived and deleted alike. */
import { type EntryKind, entryKinds } from "@onhand/protocol/vocabulary";
import type { LocationDocument, ProductDocument } from "../../src/core/catalogue/catalogue.ts";
import type { CatalogueOperation, CommandOrigin, LocationCommand, ProductCommand } from "../../src/core/command.ts";
import { partitionOf } from "../../src/core/record/partition.ts";
import { type Fault, foremost, type Verdict } from "./verdict.ts";
import {
  holdsAnything,
  lengthOf,
  type ModelRecord,
  putLocation,
  putProduct,
  recordedAt,
  visibleRecord,
  type World,
} from "./world.ts";

/** Created, updated, archived, deleted. */
type Kinds = readonly [EntryKind, EntryKind, EntryKind, EntryKind];

interface Subject {
  readonly id: string;
  readonly partition: number;
  readonly productId: string | null;
  readonly locationId: string | null;
  /** What the entry says beside the document. */
  readonly detail: object;
}

type Operated<Document> = CommandOrigin & {
  readonly operation: CatalogueOperation<Document>;
  readonly ifMatchVersion: number | null;
};

export function executeProduct(world: World, command: ProductCommand, nowMs: number): Verdict {
  const { productId, operation } = command;
  const current = visibleRecord(world.products, productId);
  const faults: Fault[] = [];
  if (operation.kind === "delete" && world.items.some((item) => item.productId === productId && holdsAnything(item))) {
    faults.push({ code: "in_use", line: 0 });
  }
  const sku = skuAfter(current?.document.sku ?? null, operation);
  const takenBy = world.products.find(
    (product) => product.id !== productId && product.life !== "deleted" && product.document.sku === sku,
  );
  const needed = operation.kind === "create" || current !== null;
  if (takenBy !== undefined && needed) faults.push({ code: "already_exists", line: 0 });
  const stored = world.products.find((product) => product.id === productId) ?? null;
  const partition = partitionOf(productId, world.partitionCount);
  const subject = { id: productId, partition, productId, locationId: null, detail: {} };
  const { productCreated, productUpdated, productArchived, productDeleted } = entryKinds;
  const kinds = [productCreated, productUpdated, productArchived, productDeleted] as const;
  const result = executeDocument<ProductDocument>(world, command, subject, stored, kinds, faults, nowMs);
  if (Array.isArray(result)) return { kind: "rejected", faults: result };
  putProduct(world, result);
  return { kind: "product", record: result };
}

function skuAfter(current: string | null, operation: CatalogueOperation<ProductDocument>): string | null {
  if (operation.kind === "delete") return null;
  if (operation.kind === "patch") return operation.fields.sku ?? current;
  return operation.document.sku;
}

export function executeLocation(world: World, command: LocationCommand, nowMs: number): Verdict {
  const { locationId, operation } = command;
  const faults: Fault[] = [];
  if (
    operation.kind === "delete" &&
    world.items.some((item) => item.locationId === locationId && holdsAnything(item))
  ) {
    faults.push({ code: "in_use", line: 0 });
  }
  const stored = world.locations.find((location) => location.id === locationId) ?? null;
  const subject = { id: locationId, partition: 0, productId: null, locationId, detail: {} };
  const { locationCreated, locationUpdated, locationArchived, locationDeleted } = entryKinds;
  const kinds = [locationCreated, locationUpdated, locationArchived, locationDeleted] as const;
  const result = executeDocument<LocationDocument>(world, command, subject, stored, kinds, faults, nowMs);
  if (Array.isArray(result)) return { kind: "rejected", faults: result };
  putLocation(world, result);
  return { kind: "location", record: result };
}

/**
 * Writes the entry of a document that changes.
 * @param further faults of this kind of document
 * @returns the document's record afterwards, which is to be put, or why there is none
 */
export function executeDocument<Document>(
  world: World,
  command: Operated<Document>,
  subject: Subject,
  stored: ModelRecord<Document> | null,
  kinds: Kinds,
  further: readonly Fault[],
  nowMs: number,
): ModelRecord<Document> | Fault[] {
  const current = stored === null || stored.life === "deleted" ? null : stored;
  const own = faultsOf(current, command.operation, command.ifMatchVersion);
  // Of something that is not there nothing else can be said.
  const isNothing = own.some((fault) => fault.code === "not_found");
  const faults = isNothing ? own : [...own, ...further];
  if (faults.length > 0) return foremost(faults);
  const record = recordAfter(subject.id, stored, command.operation, recordedAt(world, subject.partition, nowMs));
  pushEntry(world, command, subject, kinds[kindIndex(current, record)]!, record);
  return record;
}

function faultsOf(
  current: ModelRecord<unknown> | null,
  operation: CatalogueOperation<unknown>,
  ifMatchVersion: number | null,
): Fault[] {
  if (operation.kind === "create") return current === null ? [] : [{ code: "already_exists", line: 0 }];
  if (current === null) return [{ code: "not_found", line: 0 }];
  if (ifMatchVersion === null || ifMatchVersion === current.version) return [];
  return [{ code: "version_conflict", line: 0, byIfMatch: true, currentVersion: current.version }];
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
  subject: Subject,
  kind: EntryKind,
  record: ModelRecord<unknown>,
): void {
  const nothing = { onHand: 0, reserved: 0, unavailable: 0, incoming: 0 };
  const { document, life, createdAtMs, updatedAtMs, version } = record;
  world.entries.push({
    partition: subject.partition,
    sequence: lengthOf(world, subject.partition) + 1,
    kind,
    productId: subject.productId,
    locationId: subject.locationId,
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
    detail: JSON.stringify({ document, life, createdAtMs, ...subject.detail }),
  });
}
