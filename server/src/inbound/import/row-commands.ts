/** Makes commands of what a file says. Every operation id is the data set's name and what the operation is about. */
import { locationCommand, productCommand } from "../../commands/catalogue-commands.ts";
import { inventoryCommand, updateLine } from "../../commands/inventory-commands.ts";
import type { RequestContext } from "../../commands/request-context.ts";
import type { Command } from "../../core/command.ts";
import { formatRfc3339 } from "../../lib/rfc3339.ts";
import type { Movement } from "./classify.ts";

/** What an opening level that nobody counted is recorded as. */
const openingReference = "assumed opening level";

const principal = { keyId: "key_import", name: "onhand import", role: "admin" } as const;
const openingLeadMs = 1_000;
const requestIdDigits = 16;

export interface ItemAddress {
  readonly productId: string;
  readonly locationId: string;
}

export class RowCommands {
  readonly #dataSet: string;
  readonly #defaultCurrency: string;
  readonly #marketType: string;

  constructor(options: { dataSet: string; defaultCurrency: string; marketType: string }) {
    this.#dataSet = options.dataSet;
    this.#defaultCurrency = options.defaultCurrency;
    this.#marketType = options.marketType;
  }

  createProduct(productId: string, { sku, name, price, currency }: Movement): Command {
    const document = {
      sku,
      name: name ?? sku,
      description: null,
      price,
      currency: currency ?? this.#defaultCurrency,
      prices: {},
      attributes: {},
    };
    const key = `product/${productId}`;
    return productCommand(this.#context(key), productId, productId, { kind: "create", document }, null);
  }

  /** Gives a product that was created from a row without a description the name that a later row has. */
  nameProduct(productId: string, { name, price }: Movement): Command {
    const fields = { name: name!, ...(price === null ? {} : { price }) };
    const context = this.#context(`product-name/${productId}`);
    return productCommand(context, productId, productId, { kind: "patch", fields }, null);
  }

  createLocation(locationId: string, market: string): Command {
    const document = {
      name: market,
      type: this.#marketType,
      region: null,
      timezone: null,
      currency: null,
      groups: [this.#dataSet],
    };
    const context = this.#context(`location/${locationId}`);
    return locationCommand(context, locationId, locationId, { kind: "create", document }, null);
  }

  /** Only for an item that does not exist yet: stock that somebody recorded is not added to. */
  openItem(item: ItemAddress, level: number, firstRowAtMs: number): Command {
    const key = `opening/${item.productId}/${item.locationId}`;
    const line = updateLine(
      {
        ...item,
        adjustment: level,
        type: "restock",
        reference: openingReference,
        timestamp: formatRfc3339(firstRowAtMs - openingLeadMs),
        expectedVersion: 0,
      },
      item.productId,
      null,
    );
    const context = this.#context(key);
    return inventoryCommand(context, context.idempotencyKey, [line]);
  }

  move(item: ItemAddress, movement: Movement): Command {
    const { adjustment, movementType, reference, reason, occurredAtMs, rowKey } = movement;
    const line = updateLine(
      {
        ...item,
        adjustment,
        type: movementType,
        timestamp: formatRfc3339(occurredAtMs),
        ...(reference === null ? {} : { reference }),
        ...(reason === null ? {} : { reason }),
      },
      item.productId,
      null,
    );
    const context = this.#context(`row/${rowKey}`);
    return inventoryCommand(context, context.idempotencyKey, [line]);
  }

  #context(key: string): RequestContext {
    return {
      principal,
      idempotencyKey: `${this.#dataSet}/${key}`,
      requestId: `import-${key.slice(-requestIdDigits)}`,
      traceparent: null,
      source: "import",
    };
  }
}
