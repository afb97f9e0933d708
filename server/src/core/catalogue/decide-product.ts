/** Decides changes of products; SKUs are unique among products that are not deleted. */
import { entryKinds } from "@onhand/protocol/vocabulary";
import type { CatalogueOperation, ProductCommand } from "../command.ts";
import type { Outcome } from "../outcome.ts";
import { partitionOf } from "../record/partition.ts";
import type { Rejection } from "../rejection.ts";
import type { Draft } from "../state.ts";
import type { Product, ProductDocument } from "./catalogue.ts";
import { catalogueEntry, catalogueKind, nextVersioned } from "./decide-catalogue.ts";

const kinds = {
  created: entryKinds.productCreated,
  updated: entryKinds.productUpdated,
  archived: entryKinds.productArchived,
  deleted: entryKinds.productDeleted,
};

/** Decides one product command; a deletion must be alone in its group, for it asks the database about levels. */
export function decideProduct(draft: Draft, command: ProductCommand, nowMs: number): Outcome {
  const { productId } = command;
  const partition = partitionOf(productId, draft.partitionCount);
  const stored = draft.product(partition, productId);
  const recordedAtMs = Math.max(nowMs, draft.head(partition).recordedAtMs);
  const next = nextVersioned<ProductDocument>(
    `product ${productId}`,
    stored,
    command.operation,
    command.ifMatchVersion,
    recordedAtMs,
  );
  if ("code" in next) {
    const taken = next.code === "version_conflict" ? refuseSku(draft, productId, skuNamed(command.operation)) : null;
    return { kind: "rejected", rejection: taken ?? next };
  }
  const refusal =
    next.life === "deleted" ? refuseDeletion(draft, productId) : refuseSku(draft, productId, next.document.sku);
  if (refusal !== null) return { kind: "rejected", rejection: refusal };

  const product: Product = { productId, ...next };
  const kind = catalogueKind(kinds, stored?.life ?? null, product.life);
  const place = { partition, sequence: draft.nextSequence(partition), kind, productId, locationId: null };
  draft.append(catalogueEntry(command, place, product));
  draft.putProduct(product);
  const previousSku = stored !== null && stored.life !== "deleted" ? stored.document.sku : null;
  const sku = product.life === "deleted" ? null : product.document.sku;
  if (previousSku !== null && previousSku !== sku) draft.putSkuOwner(previousSku, null);
  if (sku !== null && previousSku !== sku) draft.putSkuOwner(sku, productId);
  return { kind: "product", product };
}

function refuseDeletion(draft: Draft, productId: string): Rejection | null {
  if (!draft.holdsStock({ productId })) return null;
  return {
    code: "in_use",
    line: 0,
    detail: `Product ${productId} still holds stock, reservations or incoming units. Bring them to zero, or archive it with ?archive=true.`,
  };
}

function skuNamed(operation: CatalogueOperation<ProductDocument>): string | null {
  if (operation.kind === "delete") return null;
  return operation.kind === "patch" ? (operation.fields.sku ?? null) : operation.document.sku;
}

function refuseSku(draft: Draft, productId: string, sku: string | null): Rejection | null {
  if (sku === null) return null;
  const owner = draft.skuOwner(sku);
  if (owner === null || owner === productId) return null;
  return {
    code: "already_exists",
    line: 0,
    pointer: "/sku",
    detail: `SKU ${sku} belongs to product ${owner}. Use another SKU, or change that product.`,
  };
}
