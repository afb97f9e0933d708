/**
 * The `detail` of an entry: what its columns do not say, as JSON text. One form for each subject, read and written only
 * here. An item's entry has none (null) as long as the item has no extras and the entry belongs to no order.
 */

import type { SourceRule } from "@onhand/protocol/vocabulary";
import type { ChannelLevel } from "../catalogue/catalogue.ts";
import { type ItemExtras, noExtras } from "../inventory/item.ts";
import type { StockOrderLine, ToldOrder } from "../orders/order.ts";
import type { Entry } from "./entry.ts";

/** A movement that occurred before a count which was recorded first: contained in it, so no level changed. */
export interface Contained {
  /** What would have moved on hand. */
  readonly onHand: number;
  /** The moment of the count that contains it, in ms. */
  readonly countedAtMs: number;
}

/** What a source said of an item. The rules are described where they are decided. */
export interface Reported {
  readonly sourceId: string;
  readonly rule: SourceRule;
  /** Level that it stated; absent for a change. */
  readonly stockLevel?: number;
  readonly version?: number;
  /** The device's own time, before its clock's error was taken off, in ms. */
  readonly saidAtMs?: number;
}

/** Why somebody should look at an entry. */
export interface Notice {
  /** In words, with the numbers it rests on. */
  readonly reason: string;
  /** Sequence of the entry that it is about. */
  readonly about: number;
  readonly [figure: string]: string | number | null;
}

export interface EntryDetail {
  /** The item is archived and stays so: holds may end and counts be told of an item that takes no other changes. */
  readonly life?: "archived";
  /** The item's extras after the entry; absent for none. */
  readonly extras?: ItemExtras;
  /** The line of an order after the command; absent when the entry belongs to none. */
  readonly line?: StockOrderLine;
  /** The order itself, when it was made or changed. */
  readonly order?: ToldOrder;
  /** Numbers of the order's lines in this partition that a change of the order concerns. */
  readonly lines?: readonly number[];
  /** Units moved between states: null for sellable. */
  readonly moved?: { readonly from: string | null; readonly to: string | null; readonly quantity: number };
  readonly contained?: Contained;
  /** To be looked at by somebody: why. */
  readonly review?: string;
  readonly notice?: Notice;
  /** What a source said, and which rule decided about it. */
  readonly reported?: Reported;
  /** Of a notice: when the item last changed, in ms, which the notice leaves as it was. */
  readonly changedAtMs?: number;
  /** What is told of a record beside the journal. */
  readonly record?: { readonly id: string; readonly told: Readonly<Record<string, unknown>> };
  readonly channelLevel?: Pick<ChannelLevel, "channelId" | "sellable" | "available"> & { readonly previous: number };
}

/** @returns the text of a detail, or null when there is nothing to say */
export function formatDetail(detail: EntryDetail): string | null {
  const { extras, ...rest } = detail;
  const said = extras === undefined || extras === noExtras ? rest : detail;
  return Object.keys(said).length === 0 ? null : JSON.stringify(said);
}

/** @returns the detail of an entry of an item, an order or a channel's level */
export const parseDetail = (entry: Pick<Entry, "detail">): EntryDetail =>
  entry.detail === null ? {} : (JSON.parse(entry.detail) as EntryDetail);
