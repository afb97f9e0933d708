/** What came of a command: stored with its key and rendered again on a replay, so it is plain JSON. */
import type { SourceRule } from "@onhand/protocol/vocabulary";
import type { Channel, Location, Product } from "./catalogue/catalogue.ts";
import type { Item } from "./inventory/item.ts";
import type { StockOrder, StockOrderLine } from "./orders/order.ts";
import type { Rejection } from "./rejection.ts";

/** One applied line: the item after it, the SKU it had then, and the position of its entry. */
export interface AppliedLine {
  readonly item: Item;
  readonly sku: string;
  /** Sequence of the entry; with the item's partition it is the movement id. */
  readonly sequence: number;
  /** The movement lies before a count that was recorded first, so it changed no level. */
  readonly contained?: { readonly onHand: number; readonly countedAtMs: number };
  /** Why somebody should look at it. */
  readonly review?: string;
  /** The rule that decided what a source's line does; absent for callers who speak for themselves. */
  readonly rule?: SourceRule;
}

/** An order as a command left it. Texts of its note are beside the journal; a dry run's lines are in no journal at all. */
export interface OrderOutcome {
  readonly kind: "order";
  readonly order: StockOrder;
  /** All its lines, in order. */
  readonly lines: readonly StockOrderLine[];
  /** SKU of each line at the time. */
  readonly skus: readonly string[];
  /** Items that the command changed, each once, as they are afterwards. */
  readonly items: readonly Item[];
  /** When it was decided, by the database's clock: how the order stands is told as of then. */
  readonly decidedAtMs: number;
  /** Older reservations that it took the place of. */
  readonly superseded: readonly string[];
  readonly isDryRun: boolean;
  /** Money came after the end: what came of it. `refused` is an answer 409 although it is recorded. */
  readonly latePayment: "retaken" | "refused" | null;
  /** What counts have to say of its movements; absent when nothing. */
  readonly counted?: readonly CountedLeg[];
}

/** A movement of an order's line that a count contains, or that somebody should look at. */
export interface CountedLeg extends Pick<AppliedLine, "contained" | "review"> {
  readonly line: number;
  readonly locationId: string;
}

export type Outcome =
  | { readonly kind: "lines"; readonly lines: readonly AppliedLine[] }
  | { readonly kind: "product"; readonly product: Product }
  | { readonly kind: "location"; readonly location: Location }
  | { readonly kind: "channel"; readonly channel: Channel }
  | OrderOutcome
  /** Of commands that nobody waits for: how many entries they came to. */
  | { readonly kind: "done"; readonly entries: number }
  | { readonly kind: "rejected"; readonly rejection: Rejection };
