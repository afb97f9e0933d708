/** One event as one aligned line of text. */
import type { FeedEvent } from "@onhand/client";

const widths = { time: 12, type: 20, sku: 20, location: 16, change: 26 } as const;
const names = {
  stockLevel: "",
  reservedStock: "reserved",
  unavailableStock: "unsellable",
  incomingStock: "incoming",
} as const;

/** The words above the columns. */
export const tailHeading = (): string => columns("time", "type", "sku", "location", "change", "level");

/** @returns time, type, SKU, location, change and level */
export function tailLine({ time, type, data }: FeedEvent): string {
  const { item, product, location } = data;
  const clock = time.slice(11, 23);
  const kind = type.replace(/\.v\d+$/, "");
  if (item === undefined) {
    const { name = "", status = "" } = product ?? location ?? {};
    return columns(clock, kind, product?.sku ?? "", location?.locationId ?? "", status, plain(name));
  }
  const level = `${item.stockLevel} (${item.availableStock} available)`;
  return columns(clock, kind, item.sku, item.locationId, changeOf(data.change, data.reason), level);
}

function changeOf(change: FeedEvent["data"]["change"], reason: string | null): string {
  const moved = Object.entries(names).flatMap(([field, name]) => {
    const by = change?.[field as keyof typeof names] ?? 0;
    return by === 0 ? [] : [`${by > 0 ? "+" : "−"}${Math.abs(by)}${name === "" ? "" : ` ${name}`}`];
  });
  return [moved.join(", ") || "=", ...(reason === null ? [] : [plain(reason)])].join("  ");
}

function columns(time: string, type: string, sku: string, location: string, change: string, level: string): string {
  const cells = { time, type, sku: plain(sku), location, change };
  const aligned = Object.entries(widths).map(([name, width]) => fit(cells[name as keyof typeof cells], width));
  return [...aligned, level].join("  ").trimEnd();
}

/** Cut to its column, but never so that a figure would read as another one: those stand first. */
const fit = (text: string, width: number): string =>
  text.length <= width ? text.padEnd(width) : `${text.slice(0, width - 1)}…`;

/** Texts of callers must not steer the terminal. */
const plain = (text: string): string => text.replace(/\p{Cc}|\p{Cf}/gu, "·");
