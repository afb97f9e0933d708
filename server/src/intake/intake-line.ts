/** Lines that come from outside, from a registered source or a device, and what became of them. */
import type { MovementType, UnsellableState } from "@onhand/protocol/vocabulary";
import type { RequestContext } from "../commands/request-context.ts";
import type { DeviceClock } from "../core/command.ts";
import type { AppliedLine } from "../core/outcome.ts";

export type { ParkedReason } from "@onhand/protocol/parked";

/** A line that came from outside, in our words but with the sender's codes. */
export interface IntakeLine {
  /** Unique within its origin, for ever. */
  readonly operationId: string;
  readonly product: { readonly productId: string } | { readonly sku: string } | { readonly code: string };
  readonly location: { readonly locationId: string } | { readonly code: string };
  readonly change: { readonly adjustment: number; readonly state?: UnsellableState } | { readonly stockLevel: number };
  readonly movementType: MovementType;
  /** When it happened or was counted, corrected for the sender's clock, in ms; null: on arrival. */
  readonly occurredAtMs: number | null;
  /** The sender's own time when it differs, in ms. */
  readonly saidAtMs: number | null;
  /** Number that the sender counts its statements of the item with. */
  readonly version: number | null;
  /** Absent for a clock that is trusted. */
  readonly clock?: DeviceClock;
  readonly reason: string | null;
  readonly reference: string | null;
}

/** What an origin sends: changes, absolute levels, or both. */
export type IntakeMode = "changes" | "levels" | "both";

/** Who sent lines, and what their word counts for. */
export interface IntakeOrigin {
  readonly kind: "source" | "device";
  readonly id: string;
  /** What the journal's column `source` says; never empty, so that operations are remembered for ever. */
  readonly label: string;
  readonly mode: IntakeMode;
  /** Of levels stated by several origins the higher trust holds, while it is fresh. */
  readonly trust: number;
  readonly freshForMs: number;
  /** Its levels are kept to be compared with, and change no stock. */
  readonly isStatementOnly: boolean;
  /** Source whose codes its lines use; null when they use none. */
  readonly codesOf: string | null;
  /** For how long after a publication the same number is taken for its echo; 0 for never. */
  readonly echoWindowMs: number;
  /** Channel whose numbers are published to it. */
  readonly channelId: string | null;
  readonly context: RequestContext;
}

export type IntakeVerdict = "applied" | "ignored" | "duplicate" | "rejected" | "review";

/** Why a line was not applied, with what to do about it. */
export interface IntakeProblem {
  /** A code of problems, e.g. `validation_failed`, or the reason that it is parked for. */
  readonly code: string;
  readonly detail: string;
  readonly pointer?: string;
  readonly available?: number;
  readonly requested?: number;
}

export interface IntakeResult {
  readonly operationId: string;
  /** `duplicate`: the other members say what came of it the first time. */
  readonly verdict: IntakeVerdict;
  /** Rule that decided about it: one of `sourceRules`, `echo`, or `statement` for one that was only kept. */
  readonly rule?: string;
  /** Its entry in the journal. */
  readonly movementId?: string;
  /** The line as the journal has it, with the item after it. */
  readonly applied?: AppliedLine;
  readonly parkedId?: string;
  readonly error?: IntakeProblem;
}

/** The door itself. */
export interface LineIntake {
  /**
   * Has lines applied, each by itself: a verdict per line, in order.
   * @throws what kept the database from answering; sent again, what was applied is a duplicate
   */
  apply(origin: IntakeOrigin, lines: readonly IntakeLine[]): Promise<IntakeResult[]>;
}
