/** What products and locations have in common when they are created, changed, archived and deleted. */
import type { LifeState } from "@onhand/protocol/vocabulary";
import type { CatalogueOperation, CommandOrigin } from "../command.ts";
import { type Entry, noLevels } from "../record/entry.ts";
import type { Rejection } from "../rejection.ts";
import type { Versioned } from "./catalogue.ts";

type Subject<Document> = Versioned & { readonly document: Document };

/** The next state of a product or location, or why there is none. */
export function nextVersioned<Document>(
  name: string,
  stored: Subject<Document> | null,
  operation: CatalogueOperation<Document>,
  ifMatchVersion: number | null,
  recordedAtMs: number,
): Subject<Document> | Rejection {
  const existing = stored !== null && stored.life !== "deleted" ? stored : null;
  const refusal = refuse(name, existing, operation.kind === "create", ifMatchVersion);
  if (refusal !== null) return refusal;
  const version = (stored?.version ?? 0) + 1;
  if (operation.kind === "create" || existing === null) {
    if (operation.kind !== "create") throw new Error("only a creation has nothing before it");
    return {
      document: operation.document,
      version,
      life: "active",
      createdAtMs: recordedAtMs,
      updatedAtMs: recordedAtMs,
    };
  }
  const changed = { version, createdAtMs: existing.createdAtMs, updatedAtMs: recordedAtMs };
  if (operation.kind === "delete") return { ...changed, document: existing.document, life: "deleted" };
  const document = operation.kind === "replace" ? operation.document : { ...existing.document, ...operation.fields };
  return { ...changed, document, life: operation.life ?? existing.life };
}

function refuse(
  name: string,
  existing: Versioned | null,
  creates: boolean,
  ifMatchVersion: number | null,
): Rejection | null {
  if (creates) {
    return existing === null
      ? null
      : {
          code: "already_exists",
          line: 0,
          detail: `There is already a ${name}. Read it, or create one with another id.`,
        };
  }
  if (existing === null)
    return { code: "not_found", line: 0, detail: `There is no ${name}. Create it with POST first.` };
  if (ifMatchVersion === null || ifMatchVersion === existing.version) return null;
  return {
    code: "version_conflict",
    line: 0,
    byIfMatch: true,
    currentVersion: existing.version,
    detail: `The ${name} is at version ${existing.version}. Read it again and repeat the change.`,
  };
}

/** Which of four entry kinds records the step from one life state to the next. */
export function catalogueKind<Kind>(
  kinds: { created: Kind; updated: Kind; archived: Kind; deleted: Kind },
  before: LifeState | null,
  after: LifeState,
): Kind {
  if (after === "deleted") return kinds.deleted;
  if (before === null || before === "deleted") return kinds.created;
  return after === "archived" && before !== "archived" ? kinds.archived : kinds.updated;
}

/** The entry of a change that moves no stock; the document afterwards goes into `detail`. */
export function catalogueEntry(
  origin: CommandOrigin,
  place: Pick<Entry, "partition" | "sequence" | "kind" | "productId" | "locationId">,
  after: Subject<unknown>,
): Entry {
  return {
    ...place,
    itemNumber: null,
    previousSequence: null,
    version: after.version,
    delta: noLevels,
    after: noLevels,
    safetyStock: 0,
    reorderPoint: null,
    movementType: 0,
    allowsNegative: false,
    occurredAtMs: after.updatedAtMs,
    recordedAtMs: after.updatedAtMs,
    actor: origin.actor,
    source: origin.source,
    requestId: origin.requestId,
    traceparent: origin.traceparent,
    parts: null,
    textCommitment: null,
    detail: JSON.stringify({ document: after.document, life: after.life, createdAtMs: after.createdAtMs }),
  };
}
