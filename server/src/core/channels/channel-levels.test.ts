import { describe, expect, test } from "bun:test";
import { entryKinds, type LifeState } from "@onhand/protocol/vocabulary";
import fc from "fast-check";
import { MemoryState } from "../../../test/model/memory-state.ts";
import type { ChannelDocument } from "../catalogue/catalogue.ts";
import { catalogueEntry } from "../catalogue/decide-catalogue.ts";
import type { ChannelRefreshCommand } from "../command.ts";
import { move } from "../inventory/movement.ts";
import type { Entry } from "../record/entry.ts";
import { parseDetail } from "../record/entry-detail.ts";
import { controlPartition, partitionOf } from "../record/partition.ts";
import { Draft } from "../state.ts";
import { sellableOf, tellChannels } from "./channel-levels.ts";
import { decideChannelRefresh } from "./decide-channel-refresh.ts";

const partitionCount = 2;
const products = ["soap", "lipstick", "constructor"];
const locations = ["shop", "depot", "attic"];
const cause = {
  key: "0".repeat(32),
  requestHash: "0".repeat(32),
  actor: "key_1",
  source: "till",
  requestId: "req_1",
  traceparent: "trace",
};

const documentOf = (fields: Partial<ChannelDocument> = {}): ChannelDocument => ({
  name: "web",
  locations: ["shop"],
  locationGroups: [],
  products: null,
  buffer: 0,
  buffers: {},
  ...fields,
});

/** A shop whose catalogue and stock a test changes, group by group; what channels are told is kept beside it. */
class Shop {
  readonly state = new MemoryState(partitionCount);
  readonly told = new Map<string, number>();
  #version = 0;

  constructor() {
    for (const locationId of locations) this.location(locationId, "active", locationId === "attic" ? [] : ["all"]);
    for (const productId of products) this.product(productId, "active");
  }

  /** Runs a group. @returns the numbers that it told */
  group(work: (draft: Draft) => void): { key: string; previous: number; available: number }[] {
    const draft = new Draft(this.state);
    work(draft);
    tellChannels(draft, 1);
    this.state.adopt(draft);
    return draft.entries.filter(isTold).map((entry) => {
      const { channelId, available, previous } = parseDetail(entry).channelLevel!;
      const key = `${entry.productId}/${channelId}`;
      expect(previous).toBe(this.told.get(key) ?? 0);
      this.told.set(key, available);
      return { key, previous, available };
    });
  }

  location(locationId: string, life: LifeState, groups: readonly string[]): void {
    const document = { name: locationId, type: "store", region: null, timezone: null, currency: null, groups };
    this.group((draft) => {
      const location = { locationId, document, ...this.#versioned(life) };
      const kind = entryKinds.locationUpdated;
      const place = { partition: controlPartition, sequence: draft.nextSequence(controlPartition), kind };
      draft.append(catalogueEntry(cause, { ...place, productId: null, locationId }, location));
      draft.putLocation(location);
    });
  }

  product(productId: string, life: LifeState) {
    return this.group((draft) => {
      const partition = partitionOf(productId, partitionCount);
      const fields = { sku: productId, name: productId, description: null, price: null };
      const document = { ...fields, currency: "EUR", prices: {}, attributes: {} };
      const product = { productId, document, ...this.#versioned(life) };
      const kind = entryKinds.productUpdated;
      const place = { partition, sequence: draft.nextSequence(partition), kind };
      draft.append(catalogueEntry(cause, { ...place, productId, locationId: null }, product));
      draft.putProduct(product);
    });
  }

  channel(channelId: string, document: ChannelDocument, life: LifeState = "active"): void {
    this.group((draft) => {
      const channel = { channelId, document, ...this.#versioned(life) };
      const kind = entryKinds.channelUpdated;
      const place = { partition: controlPartition, sequence: draft.nextSequence(controlPartition), kind };
      const entry = catalogueEntry(cause, { ...place, productId: null, locationId: null }, channel);
      const { createdAtMs } = channel;
      draft.append({ ...entry, detail: JSON.stringify({ document, life, createdAtMs, channelId }) });
      draft.putChannel(channel);
    });
  }

  adjust(draft: Draft, productId: string, locationId: string, onHand: number): void {
    const place = { partition: partitionOf(productId, partitionCount), productId, locationId };
    const delta = { onHand, reserved: 0, unavailable: 0, incoming: 0 };
    const said = { movementType: "correction", sku: productId, parts: null } as const;
    move(draft, cause, place, { kind: entryKinds.inventoryAdjusted, delta, ...said }, 1);
  }

  refresh(draft: Draft, channelId: string): void {
    for (const productId of products) {
      const partition = partitionOf(productId, partitionCount);
      const command = { kind: "channel-refresh", channelId, partition, products: [{ productId, locationIds: [] }] };
      decideChannelRefresh(draft, { ...cause, ...command } as ChannelRefreshCommand, 1);
    }
  }

  /** What a channel should be told, added up from scratch. */
  naive(productId: string, channelId: string): number {
    const channel = this.state.channel(channelId);
    const product = this.state.product(0, productId)!;
    if (channel?.life !== "active" || product.life !== "active") return 0;
    const { document } = channel;
    if (document.products !== null && !document.products.includes(productId)) return 0;
    const isTaken = (locationId: string): boolean => {
      const location = this.state.location(locationId)!;
      const { groups } = location.document;
      const isNamed = document.locations.includes(locationId);
      return location.life === "active" && (isNamed || document.locationGroups.some((group) => groups.includes(group)));
    };
    const sum = this.state.items
      .filter((item) => item.productId === productId && isTaken(item.locationId))
      .reduce((total, item) => total + sellableOf(item), 0);
    return Math.max(
      0,
      sum - (Object.hasOwn(document.buffers, productId) ? document.buffers[productId]! : document.buffer),
    );
  }

  #versioned(life: LifeState) {
    this.#version += 1;
    return { version: this.#version, life, createdAtMs: 0, updatedAtMs: 0 };
  }
}

const isTold = (entry: Entry): boolean => entry.kind === entryKinds.channelAvailability;

describe("what an item has for channels", () => {
  const shop = new Shop();
  shop.group((draft) => shop.adjust(draft, "soap", "shop", 10));
  const item = { ...shop.state.item(0, "soap", "shop")!, reserved: 2, unavailable: 1, safetyStock: 3 };

  test.each([
    ["available less the safety stock", item, 4],
    ["never less than nothing", { ...item, safetyStock: 9 }, 0],
    ["nothing when it is archived", { ...item, life: "archived" as const }, 0],
    ["nothing when there is none", null, 0],
  ])("%s", (_name, each, units) => expect(sellableOf(each)).toBe(units));
});

describe("one event when the number changes, none when it does not", () => {
  test("the first units of a product are told, with what was there before", () => {
    const shop = new Shop();
    shop.channel("web", documentOf({ locations: ["shop", "depot"] }));
    expect(shop.group((draft) => shop.adjust(draft, "soap", "shop", 5))).toEqual([
      { key: "soap/web", previous: 0, available: 5 },
    ]);
    expect(shop.group((draft) => shop.adjust(draft, "soap", "depot", 2))).toEqual([
      { key: "soap/web", previous: 5, available: 7 },
    ]);
  });

  test("several changes in a group are one event", () => {
    const shop = new Shop();
    shop.channel("web", documentOf());
    const told = shop.group((draft) => {
      shop.adjust(draft, "soap", "shop", 5);
      shop.adjust(draft, "soap", "shop", -3);
    });
    expect(told).toEqual([{ key: "soap/web", previous: 0, available: 2 }]);
  });

  test("units within the buffer, at other locations, and there and back are not told", () => {
    const shop = new Shop();
    shop.channel("web", documentOf({ buffer: 5 }));
    const quiet = [
      (draft: Draft) => shop.adjust(draft, "soap", "shop", 5),
      (draft: Draft) => shop.adjust(draft, "soap", "attic", 50),
      (draft: Draft) => {
        shop.adjust(draft, "soap", "shop", 10);
        shop.adjust(draft, "soap", "shop", -10);
      },
    ];
    for (const work of quiet) expect(shop.group(work)).toEqual([]);
    expect(shop.group((draft) => shop.adjust(draft, "soap", "shop", 1))).toHaveLength(1);
  });

  test("a product that is archived sells nothing, and what it had when it comes back", () => {
    const shop = new Shop();
    shop.channel("web", documentOf());
    shop.group((draft) => shop.adjust(draft, "soap", "shop", 5));
    expect(shop.product("soap", "archived")).toEqual([{ key: "soap/web", previous: 5, available: 0 }]);
    expect(shop.group((draft) => shop.adjust(draft, "soap", "shop", 2))).toEqual([]);
    expect(shop.product("soap", "active")).toEqual([{ key: "soap/web", previous: 0, available: 7 }]);
  });

  test("the event is the system's, and leads back to what it follows from", () => {
    const shop = new Shop();
    shop.channel("web", documentOf());
    shop.group((draft) => shop.adjust(draft, "soap", "shop", 5));
    const entry = shop.state.entries.find(isTold)!;
    expect(entry).toMatchObject({ productId: "soap", locationId: null, itemNumber: null, version: 1 });
    expect(entry).toMatchObject({ actor: "onhand", source: null, requestId: "req_1", traceparent: "trace" });
    expect(shop.state.channelLevel(0, "soap", "web")).toMatchObject({ sellable: 5, toldSequence: entry.sequence });
  });
});

describe("making numbers right", () => {
  test("a new channel hears of what was there before it, once", () => {
    const shop = new Shop();
    shop.group((draft) => shop.adjust(draft, "soap", "shop", 5));
    shop.channel("web", documentOf({ buffers: { soap: 1 } }));
    expect(shop.group((draft) => shop.refresh(draft, "web"))).toEqual([{ key: "soap/web", previous: 0, available: 4 }]);
    expect(shop.group((draft) => shop.refresh(draft, "web"))).toEqual([]);
  });

  test("a channel that is archived or gone is told nothing is left", () => {
    for (const life of ["archived", "deleted"] as const) {
      const shop = new Shop();
      shop.channel("web", documentOf());
      shop.group((draft) => shop.adjust(draft, "soap", "shop", 5));
      shop.channel("web", documentOf(), life);
      expect(shop.group((draft) => shop.refresh(draft, "web"))).toMatchObject([{ key: "soap/web", available: 0 }]);
    }
  });

  test("amid changes of the same group nothing is counted twice", () => {
    const shop = new Shop();
    shop.group((draft) => shop.adjust(draft, "soap", "shop", 5));
    shop.channel("web", documentOf());
    shop.group((draft) => {
      shop.adjust(draft, "soap", "shop", 1);
      shop.refresh(draft, "web");
      shop.adjust(draft, "soap", "shop", 10);
    });
    expect(shop.state.channelLevel(0, "soap", "web")).toMatchObject({ sellable: 16, available: 16 });
  });
});

type Step =
  | {
      readonly kind: "stock";
      readonly moves: readonly (readonly [string, string, number])[];
      readonly refreshed: string | null;
    }
  | {
      readonly kind: "channel";
      readonly channelId: string;
      readonly document: ChannelDocument;
      readonly life: LifeState;
    }
  | {
      readonly kind: "location";
      readonly locationId: string;
      readonly life: LifeState;
      readonly groups: readonly string[];
    }
  | { readonly kind: "product"; readonly productId: string; readonly life: LifeState };

const channelIds = ["web", "market"];
const product = fc.constantFrom(...products);
const location = fc.constantFrom(...locations);
const inUse = fc.constantFrom<LifeState>("active", "active", "archived");
const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record<Step & { kind: "stock" }>({
        kind: fc.constant("stock"),
        moves: fc.array(fc.tuple(product, location, fc.integer({ min: -6, max: 8 })), { minLength: 1, maxLength: 4 }),
        refreshed: fc.option(fc.constantFrom(...channelIds)),
      }),
    },
    fc.record<Step & { kind: "channel" }>({
      kind: fc.constant("channel"),
      channelId: fc.constantFrom(...channelIds),
      life: fc.constantFrom("active", "active", "archived", "deleted"),
      document: fc.record({
        name: fc.constant("n"),
        locations: fc.uniqueArray(location),
        locationGroups: fc.uniqueArray(fc.constantFrom("all", "none")),
        products: fc.option(fc.uniqueArray(product)),
        buffer: fc.nat(3),
        buffers: fc.dictionary(product, fc.nat(5), { maxKeys: 1 }),
      }),
    }),
    fc.record<Step & { kind: "location" }>({
      kind: fc.constant("location"),
      locationId: location,
      life: inUse,
      groups: fc.subarray(["all", "none"]),
    }),
    fc.record<Step & { kind: "product" }>({ kind: fc.constant("product"), productId: product, life: inUse }),
  ),
  { maxLength: 30 },
);

test("whatever happens, what channels were told adds up, and is told only when it is another number", () => {
  fc.assert(
    fc.property(steps, (history) => {
      const shop = new Shop();
      const allRight = (): void => {
        for (const productId of products)
          for (const channelId of channelIds)
            expect(shop.told.get(`${productId}/${channelId}`) ?? 0).toBe(shop.naive(productId, channelId));
      };
      for (const step of history) {
        let told: { key: string; previous: number; available: number }[] = [];
        if (step.kind === "stock") {
          told = shop.group((draft) => {
            for (const [index, [productId, locationId, units]] of step.moves.entries()) {
              shop.adjust(draft, productId, locationId, units);
              if (index === 0 && step.refreshed !== null) shop.refresh(draft, step.refreshed);
            }
          });
        } else if (step.kind === "product") told = shop.product(step.productId, step.life);
        else {
          // Whatever happens between the change and the refresh, the refresh makes right.
          if (step.kind === "channel") shop.channel(step.channelId, step.document, step.life);
          else shop.location(step.locationId, step.life, step.groups);
          shop.group((draft) => shop.adjust(draft, "soap", "shop", -2));
          for (const channelId of channelIds) shop.group((draft) => shop.refresh(draft, channelId));
        }
        for (const { previous, available } of told) if (step.kind !== "stock") expect(available).not.toBe(previous);
        if (step.kind === "stock" && step.refreshed === null)
          expect(new Set(told.map(({ key }) => key)).size).toBe(told.length);
        allRight();
      }
    }),
  );
});
