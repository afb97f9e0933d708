/** The commands that reconciliation has decided: notices of what differs, and corrections. The same ones however often they are sent. */
import { hash } from "node:crypto";
import { entryKinds } from "@onhand/protocol/vocabulary";
import { textOf } from "../commands/entry-text.ts";
import type { InventoryCommand, NoticeCommand } from "../core/command.ts";
import { systemActor } from "../core/inventory/movement.ts";
import { requestId } from "../lib/random-id.ts";
import type { DifferenceRow } from "./sql/differences.ts";

/** What comes from a source is remembered for ever: a difference is told of once, and corrected once. */
const source = "reconciliation";

const digestDigits = 32;
const digest = (...parts: readonly unknown[]): string => hash("sha256", parts.join("\n"), "hex").slice(0, digestDigits);

/** No caller's key is digested with this in front: theirs begin with the id of an API key. */
const originOf = (actor: string, ...parts: readonly unknown[]) => ({
  key: digest(`${systemActor}\nreconciliation`, ...parts),
  requestHash: digest("reconciliation", ...parts),
  actor,
  source,
  requestId: requestId(),
  traceparent: null,
});

const named = (prefix: string, figures: DifferenceRow["finding"]["found"]) =>
  Object.fromEntries(
    Object.entries(figures).map(([name, value]) => [prefix + name.charAt(0).toUpperCase() + name.slice(1), value]),
  );

/** @returns what tells of a difference in the journal, or null where there is no item with entries to tell it of */
export function noticeOf(row: DifferenceRow, told: "found" | "resolved"): NoticeCommand | null {
  const { difference_id: differenceId, finding, closed_by: closedBy } = row;
  const about = (told === "resolved" ? closedBy?.sequence : null) ?? finding.firstSequence ?? finding.lastSequence;
  if (row.product_id === null || row.location_id === null || about === null) return null;
  return {
    kind: "notice",
    entryKind: told === "found" ? entryKinds.inventoryDriftFound : entryKinds.inventoryDriftResolved,
    productId: row.product_id,
    locationId: row.location_id,
    about,
    reason: told === "found" ? finding.explanation : (closedBy?.detail ?? "Both agree."),
    figures: {
      differenceId,
      check: row.check_kind,
      sourceId: row.source_id,
      units: row.units,
      ...(told === "found" ? { ...named("expected", finding.expected), ...named("found", finding.found) } : {}),
    },
    ...originOf(systemActor, differenceId, told),
  };
}

/** Who has a difference corrected, and why. */
export interface CorrectionOrder {
  readonly actor: string;
  readonly reason: string;
}

/**
 * Makes the item as the source states it, as of the time that it states: what happened since stays on top, and what happened
 * before and is recorded later is contained in it.
 */
export function correctionOf(
  row: DifferenceRow,
  stated: { readonly stockLevel: number; readonly asOfMs: number },
  { actor, reason }: CorrectionOrder,
): InventoryCommand {
  const { difference_id: differenceId } = row;
  return {
    kind: "inventory",
    lines: [
      {
        productId: row.product_id!,
        sku: null,
        locationId: row.location_id!,
        change: { stockLevel: stated.stockLevel, countedAtMs: stated.asOfMs },
        guard: null,
        mustExist: false,
        allowNegative: true,
        movementType: "correction",
        occurredAtMs: null,
        text: textOf(reason, differenceId),
      },
    ],
    ...originOf(actor, differenceId, "correct", stated.stockLevel, stated.asOfMs),
  };
}
