/** What came of a command: stored with its key and rendered again on a replay, so it is plain JSON. */
import type { Location, Product } from "./catalogue.ts";
import type { Item } from "./item.ts";
import type { Rejection } from "./rejection.ts";

/** One applied line: the item after it, the SKU it had then, and the position of its entry. */
export interface AppliedLine {
  readonly item: Item;
  readonly sku: string;
  /** Sequence of the entry; with the item's partition it is the movement id. */
  readonly sequence: number;
}

export type Outcome =
  | { readonly kind: "lines"; readonly lines: readonly AppliedLine[] }
  | { readonly kind: "product"; readonly product: Product }
  | { readonly kind: "location"; readonly location: Location }
  | { readonly kind: "rejected"; readonly rejection: Rejection };
