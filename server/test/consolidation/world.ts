/**
 * A day of a retailer that nobody sees whole: shops with tills whose clocks are wrong, three platforms, an ERP. What
 * happened goes into the truth; what each of them tells of it, and when it arrives, into messages.
 */
import { formatRfc3339 } from "../../src/lib/rfc3339.ts";
import { type Chance, chanceOf } from "./chance.ts";
import { itemKey, type Place, Truth } from "./truth.ts";

export interface WorldSize {
  readonly seed: number;
  readonly shops: number;
  readonly tillsPerShop: number;
  readonly products: number;
  readonly linesPerTill: number;
  readonly linesPerPlatform: number;
  readonly statements: number;
}

export type Line = Readonly<Record<string, unknown>> & { readonly operationId: string };

/** What one sender sends in one request. */
export interface Message {
  readonly kind: "till" | "source";
  readonly sender: string;
  readonly lines: readonly Line[];
  /** When it arrives, by the day's clock. */
  readonly dueMs: number;
}

export interface Till {
  readonly deviceId: string;
  readonly locationId: string;
  /** What its clock shows too much. */
  readonly clockOffMs: number;
  readonly log: readonly Line[];
}

export interface World {
  readonly size: WorldSize;
  readonly startMs: number;
  readonly endMs: number;
  readonly productIds: readonly string[];
  readonly shopIds: readonly string[];
  readonly tills: readonly Till[];
  readonly truth: Truth;
  /** In the order in which they arrive. */
  readonly messages: readonly Message[];
  /** What waits for somebody at the end: its reason, by sender and operation. */
  readonly parked: ReadonlyMap<string, string>;
  readonly openings: readonly (Place & { readonly units: number })[];
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayHours = 20;
/** Levels are stated at the begin of such a slot, and nothing else happens near it: clocks are read within an error. */
const slotMs = 10 * minuteMs;
const slots = (dayHours * hourMs) / slotMs;

/** Products of `web-a` whose codes are mapped late, from the end; the very last code is never mapped. */
export const lateMapped = 3;
export const codeOf = (productId: string): string => `gid://product/90071992547409${productId.slice(1)}`;
const ghostCode = "gid://product/none";

/** @param nowMs the day ends before it */
export function makeWorld(size: WorldSize, nowMs: number): World {
  const endMs = Math.floor((nowMs - hourMs) / hourMs) * hourMs;
  const day = new Day(size, endMs - dayHours * hourMs);
  day.open();
  const tills = day.shopIds.flatMap((shopId, shop) =>
    Array.from({ length: size.tillsPerShop }, (_, index) => day.till(shopId, shop * size.tillsPerShop + index)),
  );
  const senders = [
    ...tills.map((till) => day.messagesOf("till", till.deviceId, till.log, 40)),
    day.messagesOf("source", "shopify", day.changes("shopify", "web-a"), 12),
    day.messagesOf("source", "bazaar", day.numberedLevels("bazaar", "web-b"), 8),
    day.messagesOf("source", "market", day.changes("market", "web-c"), 12),
    day.messagesOf("source", "erp", day.statements("erp"), 20),
  ];
  const { startMs, productIds, shopIds, truth, parked, openings } = day;
  const messages = senders.flat().sort((a, b) => a.dueMs - b.dueMs);
  return { size, startMs, endMs, productIds, shopIds, tills, truth, messages, parked, openings };
}

/** Moments at which nothing happens and no level is stated. */
export const quietMoment = (world: Pick<World, "startMs">, chance: Chance): number =>
  world.startMs + chance.between(0, slots - 1) * slotMs + minuteMs;

class Day {
  readonly size: WorldSize;
  readonly startMs: number;
  readonly truth = new Truth();
  readonly parked = new Map<string, string>();
  readonly productIds: readonly string[];
  readonly shopIds: readonly string[];
  readonly openings: (Place & { units: number })[] = [];
  readonly #chance: Chance;
  readonly #counted = new Set<string>();
  readonly #saidAtMs = new Map<string, number>();

  constructor(size: WorldSize, startMs: number) {
    this.size = size;
    this.startMs = startMs;
    this.#chance = chanceOf(size.seed);
    this.productIds = Array.from({ length: size.products }, (_, index) => `p${100 + index}`);
    this.shopIds = Array.from({ length: size.shops }, (_, index) => `shop-${index}`);
  }

  /** Everything is counted before anything happens, but for the platform that tells levels itself. */
  open(): void {
    for (const locationId of [...this.shopIds, "dc", "web-a", "web-c", "kiosk"])
      for (const productId of this.productIds) {
        const units = this.#chance.between(0, 60);
        this.openings.push({ productId, locationId, units });
        this.truth.add({ productId, locationId, kind: "level", atMs: this.startMs, units });
      }
  }

  till(locationId: string, number: number): Till {
    const deviceId = `till-${number}`;
    const clockOffMs = number % 7 === 0 ? 0 : this.#chance.between(-24, 24) * hourMs + this.#chance.between(0, hourMs);
    const times = Array.from({ length: this.size.linesPerTill }, () => this.#someMoment()).sort((a, b) => a - b);
    const events = times.map((atMs) => ({ atMs, isCount: false, productId: this.#chance.pick(this.productIds) }));
    for (let count = 0; count * 40 < this.size.linesPerTill; count++) {
      const counted = { atMs: this.#slotMoment(0), isCount: true, productId: this.#chance.pick(this.productIds) };
      if (this.#isFirstAt({ ...counted, locationId }, counted.atMs)) events.push(counted);
    }
    events.sort((a, b) => a.atMs - b.atMs);
    const said = events.map(({ atMs, isCount, productId }): Omit<Line, "operationId"> => {
      const occurredAt = formatRfc3339(atMs + clockOffMs);
      const units = isCount ? this.#chance.between(0, 40) : this.#sold();
      this.truth.add({ productId, locationId, kind: isCount ? "level" : "change", atMs, units });
      if (isCount) return { productId, occurredAt, stockLevel: units };
      return { productId, occurredAt, adjustment: units, type: units < 0 ? "sale" : "return" };
    });
    if (number === 1) said.push({ productId: this.productIds[0], adjustment: 0, type: "sale" });
    if (number === 2)
      said.unshift({
        ...{ productId: this.productIds[0], adjustment: -1, type: "sale" },
        occurredAt: formatRfc3339(this.startMs - 9 * 24 * hourMs + clockOffMs),
      });
    const log = said.map((line, index) => ({ ...line, operationId: `${deviceId}-${index + 1}`, sequence: index + 1 }));
    if (number === 1) this.parked.set(`${deviceId} ${log.at(-1)!.operationId}`, "rejected");
    if (number === 2) this.parked.set(`${deviceId} ${log[0]!.operationId}`, "too_old");
    return { deviceId, locationId, clockOffMs, log };
  }

  /** A platform that tells of each sale, and calls products and places its own names. */
  changes(sourceId: string, locationId: string): Line[] {
    const isCoded = sourceId === "shopify";
    const lines = Array.from({ length: this.size.linesPerPlatform }, (_, index): Line => {
      const productId = this.#chance.pick(this.productIds);
      const atMs = this.#someMoment();
      const units = this.#sold();
      this.truth.add({ productId, locationId, kind: "change", atMs, units });
      const operationId = `${sourceId}-${index}`;
      this.#saidAtMs.set(operationId, atMs);
      return {
        ...(isCoded
          ? { productCode: codeOf(productId), locationCode: "gid://location/88" }
          : { productId, locationId }),
        ...{ operationId, adjustment: units, type: units < 0 ? "sale" : "return", occurredAt: formatRfc3339(atMs) },
      };
    });
    if (!isCoded) return lines;
    const ghosts = Array.from({ length: 5 }, (_, index): Line => {
      const operationId = `${sourceId}-ghost-${index}`;
      this.#saidAtMs.set(operationId, this.#someMoment());
      this.parked.set(`${sourceId} ${operationId}`, "unmapped_product");
      return { operationId, productCode: ghostCode, locationCode: "gid://location/88", adjustment: -1, type: "sale" };
    });
    return [...lines, ...ghosts];
  }

  /** A platform that numbers its levels and knows no time. */
  numberedLevels(sourceId: string, locationId: string): Line[] {
    const versions = new Map<string, number>();
    return Array.from({ length: this.size.linesPerPlatform }, (_, index): Line => {
      const productId = this.#chance.pick(this.productIds);
      const version = (versions.get(productId) ?? 0) + this.#chance.between(1, 3);
      versions.set(productId, version);
      const units = this.#chance.between(0, 50);
      this.truth.add({ productId, locationId, kind: "numbered", version, units });
      const operationId = `${sourceId}-${index}`;
      this.#saidAtMs.set(operationId, this.startMs + (index * dayHours * hourMs) / this.size.linesPerPlatform);
      return { operationId, productId, locationId, stockLevel: units, version };
    });
  }

  /** An ERP that states what there was before sales which are known already, and books what came in. */
  statements(sourceId: string): Line[] {
    return Array.from({ length: this.size.statements }, (_, index): Line | null => {
      const place = {
        productId: this.#chance.pick(this.productIds),
        locationId: this.#chance.pick([...this.shopIds, "dc"]),
      };
      const operationId = `${sourceId}-${index}`;
      const isReceipt = this.#chance.once(6);
      const atMs = isReceipt ? this.#someMoment() : this.#slotMoment(1);
      if (!isReceipt && !this.#isFirstAt(place, atMs)) return null;
      this.#saidAtMs.set(operationId, atMs);
      const units = this.#chance.between(isReceipt ? 1 : 0, 50);
      this.truth.add({ ...place, kind: isReceipt ? "change" : "level", atMs, units });
      const what = isReceipt ? { adjustment: units, type: "restock" } : { stockLevel: units };
      return { operationId, ...place, ...what, occurredAt: formatRfc3339(atMs) };
    }).filter((line) => line !== null);
  }

  /** Lines arrive late, some twice, out of order, and not at all while their sender is cut off. */
  messagesOf(kind: Message["kind"], sender: string, lines: readonly Line[], perMessage: number): Message[] {
    const chance = this.#chance;
    const cutOffMs = this.startMs + chance.between(0, dayHours - 4) * hourMs;
    const backMs = cutOffMs + chance.between(1, 6) * hourMs;
    const arrivals = lines.flatMap((line) => {
      const saidMs = this.#saidAtMs.get(line.operationId) ?? this.#atOf(line);
      const delays = [chance.between(0, 40) * minuteMs];
      if (chance.once(8)) delays.push(chance.between(0, 8 * 60) * minuteMs);
      if (chance.once(30)) delays[0] = chance.between(1, 10) * hourMs;
      return delays.map((delayMs) => {
        const atMs = saidMs + delayMs;
        return { line, dueMs: atMs >= cutOffMs && atMs < backMs ? backMs : atMs };
      });
    });
    arrivals.sort((a, b) => a.dueMs - b.dueMs);
    const messages: Message[] = [];
    for (let from = 0; from < arrivals.length; ) {
      const part = arrivals.slice(from, from + chance.between(1, perMessage));
      from += part.length;
      const message = { kind, sender, lines: chance.shuffled(part.map(({ line }) => line)), dueMs: part.at(-1)!.dueMs };
      // Of tills some messages are lost, and asked for later; a platform repeats until it is answered.
      if (kind === "source" || !chance.once(25)) messages.push(message);
      if (chance.once(10)) messages.push({ ...message, dueMs: message.dueMs + chance.between(0, 120) * minuteMs });
    }
    return messages;
  }

  /** A till's log is in its order, so the place in it stands for the time. */
  #atOf({ sequence }: Line): number {
    return this.startMs + ((sequence as number) / (this.size.linesPerTill + 4)) * dayHours * hourMs;
  }

  #someMoment(): number {
    const { between } = this.#chance;
    return this.startMs + between(0, slots - 1) * slotMs + between(3 * minuteMs, 7 * minuteMs);
  }

  /** @param remainder tills count in even slots, the ERP states in odd ones */
  #slotMoment(remainder: 0 | 1): number {
    return this.startMs + (2 * this.#chance.between(1, slots / 2 - 1) + remainder) * slotMs;
  }

  #sold(): number {
    return this.#chance.once(12) ? this.#chance.between(1, 3) : -this.#chance.between(1, 4);
  }

  /** Two levels of one item at one moment would leave open which of them holds. */
  #isFirstAt(place: Place, atMs: number): boolean {
    const key = `${itemKey(place)} ${atMs}`;
    if (this.#counted.has(key)) return false;
    this.#counted.add(key);
    return true;
  }
}
