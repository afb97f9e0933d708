/** What the reference model holds in the form that the core uses: numbers in place of bigint. */
import type { ChannelLevel } from "../../src/core/catalogue/catalogue.ts";
import { type Item, type ItemExtras, noExtras } from "../../src/core/inventory/item.ts";
import type { StockOrderLine } from "../../src/core/orders/order.ts";
import type { ModelChannelLevel, ModelExtras, ModelItem, ModelLine } from "./world.ts";

const numberOrNull = (value: bigint | null): number | null => (value === null ? null : Number(value));

const isBare = (extras: ModelExtras): boolean =>
  extras.damaged === 0n &&
  extras.qualityControl === 0n &&
  extras.quarantine === 0n &&
  extras.expired === 0n &&
  extras.maximum === null &&
  extras.hysteresis === null &&
  extras.alert === "none" &&
  extras.countedAtMs === null &&
  extras.stated === null;

/** Nothing of it is `noExtras` itself. */
export const plainExtras = (extras: ModelExtras): ItemExtras =>
  isBare(extras)
    ? noExtras
    : {
        damaged: Number(extras.damaged),
        qualityControl: Number(extras.qualityControl),
        quarantine: Number(extras.quarantine),
        expired: Number(extras.expired),
        maximum: numberOrNull(extras.maximum),
        hysteresis: numberOrNull(extras.hysteresis),
        alert: extras.alert,
        countedAtMs: extras.countedAtMs,
        ...(extras.countErrorMs === 0 ? {} : { countErrorMs: extras.countErrorMs }),
        ...(extras.certainMs === null ? {} : { certainMs: extras.certainMs }),
        ...(extras.stated === null
          ? {}
          : { stated: { ...extras.stated, versions: Object.fromEntries(extras.stated.versions) } }),
      };

export const plainItem = (item: ModelItem): Item => ({
  ...item,
  onHand: Number(item.onHand),
  reserved: Number(item.reserved),
  unavailable: Number(item.unavailable),
  incoming: Number(item.incoming),
  safetyStock: Number(item.safetyStock),
  reorderPoint: numberOrNull(item.reorderPoint),
  extras: plainExtras(item.extras),
});

export const plainLine = (line: ModelLine): StockOrderLine => ({
  ...line,
  quantity: Number(line.quantity),
  held: Number(line.held),
  incoming: Number(line.incoming),
  done: Number(line.done),
  dropped: Number(line.dropped),
  surplus: Number(line.surplus),
});

export const plainLevel = (level: ModelChannelLevel): ChannelLevel => ({
  ...level,
  sellable: Number(level.sellable),
  available: Number(level.available),
});
