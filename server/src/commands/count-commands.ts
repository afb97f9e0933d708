/** Makes commands from what was counted. */
import { hash } from "node:crypto";
import type { DeviceClock, EntryText, InventoryCommand, InventoryLine } from "../core/command.ts";
import { inventoryCommand } from "./inventory-commands.ts";
import type { RequestContext } from "./request-context.ts";

/** What was found of a product at a location. */
export interface Counted {
  readonly productId: string;
  readonly sku: string | null;
  /** True when the product was found by its SKU: what the request says is the SKU alone. */
  readonly isFoundBySku: boolean;
  readonly locationId: string;
  readonly stockLevel: number;
  readonly countedAtMs: number;
  /** Null for a clock that is trusted. */
  readonly clock: DeviceClock | null;
  readonly text: EntryText | null;
}

/** @param key idempotency key of this line within the principal */
export const countCommand = (context: RequestContext, key: string, counted: Counted): InventoryCommand =>
  inventoryCommand(context, key, [lineOf(counted)]);

/** A line of a count session, as it was counted last. */
export interface SessionLine {
  readonly sessionId: string;
  readonly line: number;
  readonly revision: number;
}

/** Who has a session posted. */
export type Poster = Pick<InventoryCommand, "actor" | "requestId" | "traceparent">;

/**
 * What comes from a source is remembered for ever, so that a session that lay half posted for months goes on where it
 * was left.
 */
const sessionSource = "count";

const digestDigits = 32;

/** The command of a session's line: the same one whoever posts the session, however often. */
export function sessionCountCommand(line: SessionLine, poster: Poster, counted: Counted): InventoryCommand {
  const digest = (...parts: readonly unknown[]): string =>
    hash("sha256", parts.join("\n"), "hex").slice(0, digestDigits);
  const place = [line.sessionId, line.line, line.revision];
  const { productId, locationId, stockLevel, countedAtMs, clock } = counted;
  return {
    kind: "inventory",
    lines: [lineOf(counted)],
    // No caller's key is digested with this in front: theirs begin with the id of an API key.
    key: digest("count session", ...place),
    requestHash: digest(...place, productId, locationId, stockLevel, countedAtMs, clock?.deviceId, clock?.errorMs),
    source: sessionSource,
    ...poster,
  };
}

function lineOf({ stockLevel, countedAtMs, clock, ...counted }: Counted): InventoryLine {
  return {
    ...counted,
    // Its moment is the guard: whatever happened since stays on top.
    change: { stockLevel, countedAtMs },
    guard: null,
    mustExist: false,
    allowNegative: false,
    movementType: "count",
    occurredAtMs: null,
    ...(clock === null ? {} : { clock }),
  };
}
