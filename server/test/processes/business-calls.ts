/** Seeded operations of a business, each as a request and as the command that the request comes to. */
import { unsellableStates } from "@onhand/protocol/vocabulary";
import type {
  Command,
  InventoryLine,
  ItemChange,
  ReservationAction,
  ReserveLine,
  TransferAction,
} from "../../src/core/command.ts";
import { locationIdOf, productIdOf } from "./stock.ts";

/** What only the journal knows of a command. */
export interface Origin {
  readonly actor: string;
  readonly requestId: string;
  readonly traceparent: string | null;
  readonly buyerKey: string | null;
}

interface Known {
  readonly id: string;
  readonly lines: number;
}

export interface Shop {
  readonly products: number;
  readonly locations: number;
  /** By product and location. */
  readonly inventoryIds: ReadonlyMap<string, string>;
  readonly client: number;
  readonly reservations: Known[];
  readonly transfers: Known[];
  readonly supplies: Known[];
}

export interface Call {
  readonly method: "POST" | "PATCH";
  readonly path: string;
  readonly body: object;
  readonly command: (origin: Origin) => Command;
}

type Random = (limit: number) => number;

const base = ({ actor, requestId, traceparent }: Origin) => ({
  key: "",
  requestHash: "",
  actor,
  requestId,
  traceparent,
  source: null,
});

const product = (shop: Shop, random: Random): string => productIdOf(random(shop.products));
const location = (shop: Shop, random: Random): string => locationIdOf(random(shop.locations));
const pick = <Value>(values: readonly Value[], random: Random): Value => values[random(values.length)]!;

/** How late what comes late is, in milliseconds. */
const lateMsMax = 300;
const isoOf = (ms: number): string => new Date(ms).toISOString();

/** The next operation of a client: most often something with an order that it made. */
export function nextCall(shop: Shop, random: Random): Call {
  const dice = random(100);
  if (dice < 22) return reserve(shop, random);
  if (dice < 48 && shop.reservations.length > 0) return onReservation(shop, random);
  if (dice < 56) return transfer(shop, random);
  if (dice < 68 && shop.transfers.length > 0) return onTransfer(random, "transfer", shop.transfers);
  if (dice < 71) return supply(shop, random);
  if (dice < 77 && shop.supplies.length > 0) return onTransfer(random, "supply", shop.supplies);
  if (dice < 90) return adjust(shop, random);
  if (dice < 94) return count(shop, random);
  return dice < 97 ? moveState(shop, random) : configure(shop, random);
}

function inventory(
  shop: Shop,
  random: Random,
  body: object,
  change: ItemChange,
  rest: Partial<InventoryLine>,
): Pick<Call, "body" | "command"> {
  const place = { productId: product(shop, random), locationId: location(shop, random) };
  const line: InventoryLine = {
    ...place,
    sku: null,
    change,
    guard: null,
    mustExist: false,
    allowNegative: false,
    movementType: "correction",
    occurredAtMs: null,
    text: null,
    ...rest,
  };
  return {
    body: { ...place, ...body },
    command: (origin) => ({ ...base(origin), kind: "inventory", lines: [line] }),
  };
}

function adjust(shop: Shop, random: Random): Call {
  const adjustment = random(9) - 3;
  const isLate = random(3) === 0;
  const occurredAtMs = isLate ? Date.now() - random(lateMsMax) : null;
  const state = random(8) === 0 ? pick(unsellableStates, random) : undefined;
  const said = { adjustment, ...(state === undefined ? {} : { state }) };
  const body = { ...said, reason: "test", ...(occurredAtMs === null ? {} : { timestamp: isoOf(occurredAtMs) }) };
  return { method: "POST", path: "/v1/inventory", ...inventory(shop, random, body, said, { occurredAtMs }) };
}

function moveState(shop: Shop, random: Random): Call {
  const states = [null, ...unsellableStates];
  const from = random(5);
  const move = { from: states[from]!, to: states[(from + 1 + random(4)) % 5]!, quantity: 1 + random(2) };
  const body = { move: { ...move, from: move.from ?? "sellable", to: move.to ?? "sellable" }, reason: "test" };
  return { method: "POST", path: "/v1/inventory", ...inventory(shop, random, body, { move }, {}) };
}

function count(shop: Shop, random: Random): Call {
  const countedAtMs = Date.now() - random(lateMsMax);
  const stockLevel = 5 + random(30);
  const change = { stockLevel, countedAtMs };
  const said = { stockLevel, countedAt: isoOf(countedAtMs), reason: "test" };
  const { body, command } = inventory(shop, random, said, change, {});
  return { method: "POST", path: "/v1/inventory/bulk-update", body: { mode: "atomic", updates: [body] }, command };
}

function configure(shop: Shop, random: Random): Call {
  const change = { safetyStock: random(3), reorderPoint: random(8) };
  const productId = product(shop, random);
  const locationId = location(shop, random);
  const { command } = inventory(shop, random, {}, change, { productId, locationId, mustExist: true });
  return {
    method: "PATCH",
    path: `/v1/inventory/${shop.inventoryIds.get(`${productId}/${locationId}`)!}`,
    body: change,
    command,
  };
}

function reserve(shop: Shop, random: Random): Call {
  const channelId = random(5) === 0 ? "web" : null;
  const policy = random(3) === 0 ? ("partial" as const) : ("all" as const);
  const only = product(shop, random);
  const lines = Array.from({ length: 1 + random(3) }, (): ReserveLine => {
    const isGrouped = channelId === null && random(3) === 0;
    const isNamed = channelId === null && !isGrouped;
    return {
      // Where nothing is taken nothing is written: it would stay open what a partial request over several products saw.
      productId: policy === "partial" ? only : product(shop, random),
      sku: null,
      locationId: isNamed ? location(shop, random) : null,
      locationGroup: isGrouped ? "eu" : null,
      quantity: 1 + random(3),
    };
  });
  const sourcing = pick(["priority", "most_stock"], random);
  const ttlSeconds = pick([1, 1, 2, 60], random);
  const buyer = random(2) === 0 ? `buyer-${shop.client}` : null;
  const supersede = buyer !== null && random(2) === 0;
  const isDryRun = random(12) === 0;
  const body = {
    lines: lines.map(({ productId, locationId, locationGroup, quantity }) => ({
      productId,
      quantity,
      ...(locationId === null ? {} : { locationId }),
      ...(locationGroup === null ? {} : { locationGroup }),
    })),
    policy,
    sourcing: { policy: sourcing },
    ttlSeconds,
    dryRun: isDryRun,
    ...(channelId === null ? {} : { channelId }),
    ...(buyer === null ? {} : { buyer, supersede }),
  };
  return {
    method: "POST",
    path: "/v1/reservations",
    body,
    command: (origin) => ({
      ...base(origin),
      kind: "reserve",
      lines,
      policy,
      sourcing,
      priorities: [],
      ttlMs: ttlSeconds * 1000,
      channelId,
      buyerKey: origin.buyerKey,
      supersedes: supersede,
      alsoPartitions: [],
      olderLines: 0,
      isDryRun,
      limits: { unitsPerBuyer: null, percentPerPrincipal: null },
      note: {},
      text: null,
    }),
  };
}

/** All lines, or some units of one. */
const someLines = (known: Known, random: Random) =>
  random(2) === 0 ? null : [{ line: 1 + random(known.lines), quantity: random(2) === 0 ? null : 1 }];

const linesInBody = (lines: ReturnType<typeof someLines>) =>
  lines === null
    ? {}
    : { lines: lines.map(({ line, quantity }) => (quantity === null ? { line } : { line, quantity })) };

function onReservation(shop: Shop, random: Random): Call {
  const known = pick(shop.reservations, random);
  const lines = someLines(known, random);
  const ttlSeconds = pick([1, 2, 60], random);
  const releasesRest = random(2) === 0;
  const retakes = random(2) === 0;
  const deadline = { ttlMs: ttlSeconds * 1000 };
  const choices: readonly [string, object, ReservationAction][] = [
    [
      "commit",
      { ...linesInBody(lines), releaseRest: releasesRest, ifExpired: retakes ? "retake" : "refuse" },
      { kind: "commit", lines, releasesRest, retakes },
    ],
    ["release", linesInBody(lines), { kind: "release", lines }],
    ["extend", { ttlSeconds }, { kind: "extend", ...deadline }],
    ["pay", { ttlSeconds }, { kind: "pay", ...deadline }],
  ];
  const [verb, body, action] = pick([choices[0]!, ...choices], random);
  return {
    method: "POST",
    path: `/v1/reservations/${known.id}/${verb}`,
    body,
    command: (origin) => ({
      ...base(origin),
      kind: "reservation",
      orderId: known.id,
      partitions: [],
      lineCount: 0,
      action,
      text: null,
    }),
  };
}

function transferLines(shop: Shop, random: Random) {
  return Array.from({ length: 1 + random(2) }, () => ({ productId: product(shop, random), quantity: 1 + random(4) }));
}

function transfer(shop: Shop, random: Random): Call {
  const from = random(shop.locations);
  const to = (from + 1 + random(shop.locations - 1)) % shop.locations;
  const fromLocationId = locationIdOf(from);
  const toLocationId = locationIdOf(to);
  const lines = transferLines(shop, random);
  return {
    method: "POST",
    path: "/v1/transfers",
    body: { fromLocationId, toLocationId, lines },
    command: (origin) => made(origin, "transfer", fromLocationId, toLocationId, lines),
  };
}

function supply(shop: Shop, random: Random): Call {
  const locationId = location(shop, random);
  const lines = transferLines(shop, random);
  return {
    method: "POST",
    path: "/v1/supplies",
    body: { locationId, reference: `po-${random(1_000)}`, lines },
    command: (origin) => made(origin, "supply", null, locationId, lines),
  };
}

const made = (
  origin: Origin,
  order: "transfer" | "supply",
  fromLocationId: string | null,
  toLocationId: string,
  lines: readonly { readonly productId: string; readonly quantity: number }[],
): Command => ({
  ...base(origin),
  kind: "transfer",
  order,
  fromLocationId,
  toLocationId,
  expectedAtMs: null,
  lines: lines.map((line) => ({ ...line, sku: null })),
  note: {},
  text: null,
});

function onTransfer(random: Random, order: "transfer" | "supply", orders: readonly Known[]): Call {
  const known = pick(orders, random);
  const lines = someLines(known, random);
  const closes = random(3) === 0;
  const received = lines?.map((line) => ({ ...line, state: null })) ?? null;
  const expectedAtMs = Date.now() + 60_000 * random(100);
  const choices: readonly [string, object, TransferAction][] = [
    ["receive", { ...linesInBody(lines), close: closes }, { kind: "receive", lines: received, closes }],
    ["cancel", linesInBody(lines), { kind: "cancel", lines }],
    ["", { expectedAt: isoOf(expectedAtMs) }, { kind: "reschedule", expectedAtMs }],
  ];
  const ship = ["ship", linesInBody(lines), { kind: "ship", lines, expectedAtMs: null }] as const;
  const [verb, body, action] = pick(
    [...choices, ...(order === "transfer" ? [ship, ship, ship] : [choices[0]!])],
    random,
  );
  return {
    method: verb === "" ? "PATCH" : "POST",
    path: `/v1/${order === "transfer" ? "transfers" : "supplies"}/${known.id}${verb === "" ? "" : `/${verb}`}`,
    body,
    command: (origin) => ({
      ...base(origin),
      kind: "transfer-action",
      order,
      orderId: known.id,
      partitions: [],
      lineCount: 0,
      action,
      occurredAtMs: null,
      text: null,
    }),
  };
}
