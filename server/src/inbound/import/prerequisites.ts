/**
 * Sees to it that product, location and opening level are in the journal before a row that needs them is sent: a refusal
 * is remembered under the row's key, so a row that came too early could never be applied.
 */
import type { ItemQueries } from "../../queries/item-queries.ts";
import type { Movement } from "./classify.ts";
import { locationIdOf, productIdOf } from "./names.ts";
import type { ImportTally } from "./report.ts";
import type { ItemAddress, RowCommands } from "./row-commands.ts";
import type { Answer, Settler } from "./settle.ts";

interface Tools {
  readonly commands: RowCommands;
  readonly settler: Settler;
  readonly items: Pick<ItemQueries, "productOfSku" | "forgetSku">;
  readonly tally: ImportTally;
  readonly openingLevel: number;
}

/** Bounded by the catalogue, not by the file: one entry for each SKU, market and item. */
export class Prerequisites {
  readonly #tools: Tools;
  readonly #productIds = new Map<string, string>();
  readonly #locationIds = new Map<string, string>();
  readonly #productsUnderWay = new Map<string, Promise<void>>();
  readonly #locationsUnderWay = new Map<string, Promise<void>>();
  /** Products that this data set created without knowing their name, still without one. */
  readonly #nameless = new Set<string>();

  constructor(tools: Tools) {
    this.#tools = tools;
  }

  /** Resolves when everything that these rows need is recorded. Calls may overlap; they are to be made in file order. */
  async prepare(movements: readonly Movement[]): Promise<void> {
    const newItems: Movement[] = [];
    const firsts = new Map<string, Movement>();
    const markets = new Set<string>();
    for (const movement of movements) {
      const { sku, market } = movement;
      if (this.#tools.tally.meet(movement)) newItems.push(movement);
      if (!this.#locationIds.has(market) && !this.#locationsUnderWay.has(market)) markets.add(market);
      if (this.#productIds.has(sku) || this.#productsUnderWay.has(sku)) continue;
      const first = firsts.get(sku);
      if (first === undefined || (first.name === null && movement.name !== null)) firsts.set(sku, movement);
    }
    this.#start(this.#productsUnderWay, [...firsts.keys()], this.#createProducts([...firsts.values()]));
    this.#start(this.#locationsUnderWay, [...markets], this.#createLocations([...markets]));
    await Promise.all(newItems.map(({ sku }) => this.#productsUnderWay.get(sku)));
    await Promise.all(newItems.map(({ market }) => this.#locationsUnderWay.get(market)));
    await this.#open(newItems);
  }

  /** Where a prepared row's item is. */
  addressOf({ sku, market }: Movement): ItemAddress {
    return { productId: this.#productIds.get(sku)!, locationId: this.#locationIds.get(market)! };
  }

  /** Names products that have none yet from rows that tell it. */
  async nameProducts(movements: readonly Movement[]): Promise<void> {
    if (this.#nameless.size === 0) return;
    const named = movements.filter(({ sku, name }) => name !== null && this.#nameless.delete(sku));
    const commands = named.map((movement) => {
      return this.#tools.commands.nameProduct(this.#productIds.get(movement.sku)!, movement);
    });
    for (const answer of await this.#tools.settler.settle(commands)) this.#tools.tally.countCatalogue(answer);
  }

  #start(underWay: Map<string, Promise<void>>, names: readonly string[], work: Promise<void>): void {
    const done = work.then(() => {
      for (const name of names) underWay.delete(name);
    });
    // Whoever needs it hears of a failure; nobody else has to.
    done.catch(() => {});
    for (const name of names) underWay.set(name, done);
  }

  /** @param firsts one row for each new SKU */
  async #createProducts(firsts: readonly Movement[]): Promise<void> {
    const { items, commands, settler, tally } = this.#tools;
    const owners = await Promise.all(firsts.map(({ sku }) => items.productOfSku(sku)));
    const missing: Movement[] = [];
    for (const [index, movement] of firsts.entries()) {
      const productId = owners[index]?.productId;
      if (productId === undefined || productId === productIdOf(movement.sku)) missing.push(movement);
      else this.#productIds.set(movement.sku, productId);
    }
    const answers = await settler.settle(
      missing.map((movement) => commands.createProduct(productIdOf(movement.sku), movement)),
    );
    for (const [index, answer] of answers.entries()) {
      const { sku } = missing[index]!;
      tally.countCatalogue(answer);
      this.#productIds.set(sku, isSkuTaken(answer) ? await this.#ownerNow(sku) : productIdOf(sku));
      const { outcome } = answer.kind === "settled" ? answer : {};
      if (outcome?.kind === "product" && outcome.product.document.name === sku) this.#nameless.add(sku);
    }
  }

  /** Somebody else gave the SKU to another product in the meantime. */
  async #ownerNow(sku: string): Promise<string> {
    this.#tools.items.forgetSku(sku);
    return (await this.#tools.items.productOfSku(sku))?.productId ?? productIdOf(sku);
  }

  async #createLocations(markets: readonly string[]): Promise<void> {
    const { commands, settler, tally } = this.#tools;
    const answers = await settler.settle(
      markets.map((market) => commands.createLocation(locationIdOf(market), market)),
    );
    for (const [index, answer] of answers.entries()) {
      tally.countCatalogue(answer);
      this.#locationIds.set(markets[index]!, locationIdOf(markets[index]!));
    }
  }

  async #open(newItems: readonly Movement[]): Promise<void> {
    const { commands, settler, tally, openingLevel } = this.#tools;
    if (openingLevel === 0 || newItems.length === 0) return;
    const answers = await settler.settle(
      newItems.map((movement) => commands.openItem(this.addressOf(movement), openingLevel, movement.occurredAtMs)),
    );
    for (const answer of answers) tally.countOpening(answer);
  }
}

const isSkuTaken = (answer: Answer): boolean =>
  answer.kind === "settled" && answer.outcome.kind === "rejected" && answer.outcome.rejection.pointer === "/sku";
