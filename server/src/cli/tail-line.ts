/** One event as one aligned line of text. */
import type { FeedEvent } from "@onhand/client";

type Data = FeedEvent["data"];

/** What stands in the columns behind time and type. */
interface Cells {
  readonly sku?: string;
  readonly location?: string;
  readonly change?: string;
  /** Stands last, so it is never cut. */
  readonly level: string;
}

const widths = { time: 12, type: 20, sku: 20, location: 16, change: 26 } as const;
const names = {
  stockLevel: "",
  reservedStock: "reserved",
  unavailableStock: "unsellable",
  incomingStock: "incoming",
} as const;
/** More of a record is in `--json`. */
const recordCharactersMax = 160;

/** The words above the columns. */
export const tailHeading = (): string =>
  columns("time", "type", { sku: "sku", location: "location", change: "change", level: "level" });

/** @returns time, type, SKU, location or channel, change, and level or what else there is to say */
export const tailLine = ({ time, type, data }: FeedEvent): string =>
  columns(time.slice(11, 23), type.replace(/\.v\d+$/, ""), cellsOf(data));

function cellsOf(data: Data): Cells {
  const { item, product, location, channel, order, recordId, available } = data;
  if (item !== undefined) return itemCells(item, data);
  if (product !== undefined) return { sku: product.sku, change: product.status, level: product.name };
  if (location !== undefined) return { location: location.locationId, change: location.status, level: location.name };
  if (channel !== undefined) return { location: channel.channelId, change: channel.status, level: channel.name };
  if (order !== undefined) return orderCells(order, data);
  if (recordId !== undefined) return { level: [recordId, ...membersOf(data.record)].join("  ") };
  if (available === undefined) return { level: "" };
  const { sku, channelId, previousAvailable } = data;
  const change = `${previousAvailable} → ${available}`;
  return { sku: String(sku), location: channelId!, change, level: `${available} may be sold` };
}

function itemCells(item: NonNullable<Data["item"]>, data: Data): Cells {
  const { sku, locationId, stockLevel, availableStock } = item;
  const of = data.order === undefined ? "" : `  ${data.order.orderId}`;
  const level = `${stockLevel} (${availableStock} available)${of}`;
  return {
    sku,
    location: locationId,
    change: changeOf(data.change, data.reason ?? data.notice?.reason ?? null),
    level,
  };
}

function orderCells(order: NonNullable<Data["order"]>, { lines }: Data): Cells {
  const { orderId, phase, expiresAt } = order;
  const {
    fromLocationId = null,
    toLocationId = null,
    expectedAt = null,
    supersededBy = null,
  } = {
    ...(order as Partial<Extract<typeof order, { toLocationId: unknown }>>),
  };
  const said = [
    ...(phase === null ? [] : [phase]),
    ...(expiresAt === null ? [] : [`until ${expiresAt}`]),
    ...(expectedAt === null ? [] : [`expected ${expectedAt}`]),
    ...(supersededBy === null ? [] : [`superseded by ${supersededBy}`]),
    ...(lines === undefined || lines.length === 0 ? [] : [`lines ${lines.join(", ")}`]),
  ];
  return { location: toLocationId ?? fromLocationId ?? "", change: orderId, level: said.join("  ") };
}

/** What is told of a record, as long as a line may become. */
function membersOf(record: Data["record"]): string[] {
  const said = Object.entries(record ?? {}).flatMap(([name, value]) => {
    if (value === null || value === undefined) return [];
    return [`${name} ${typeof value === "object" ? JSON.stringify(value) : String(value)}`];
  });
  const text = said.join(", ");
  return text === "" ? [] : [text.length <= recordCharactersMax ? text : `${text.slice(0, recordCharactersMax - 1)}…`];
}

function changeOf(change: Data["change"], reason: string | null): string {
  const moved = Object.entries(names).flatMap(([field, name]) => {
    const by = change?.[field as keyof typeof names] ?? 0;
    return by === 0 ? [] : [`${by > 0 ? "+" : "−"}${Math.abs(by)}${name === "" ? "" : ` ${name}`}`];
  });
  return [moved.join(", ") || "=", ...(reason === null ? [] : [reason])].join("  ");
}

function columns(time: string, type: string, { sku = "", location = "", change = "", level }: Cells): string {
  const cells = { time, type, sku, location, change };
  const aligned = Object.entries(widths).map(([name, width]) => fit(plain(cells[name as keyof typeof cells]), width));
  return [...aligned, plain(level)].join("  ").trimEnd();
}

/** Cut to its column, but never so that a figure would read as another one: those stand first. */
const fit = (text: string, width: number): string =>
  text.length <= width ? text.padEnd(width) : `${text.slice(0, width - 1)}…`;

/** Texts of callers must not steer the terminal. */
const plain = (text: string): string => text.replace(/\p{Cc}|\p{Cf}/gu, "·");
