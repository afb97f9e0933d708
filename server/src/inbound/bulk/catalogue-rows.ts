/**
 * Rows of products and of locations. A row that may be a creation is asked as one first wherever it may have been sent before:
 * whether it made the thing that is there then follows from the journal, not from looking. Creation and change have keys of
 * their own.
 */
import type { RowResult } from "@onhand/protocol/bulk";
import {
  CreateLocation,
  CreateProduct,
  PatchLocation,
  PatchProduct,
  ReplaceLocation,
  ReplaceProduct,
} from "@onhand/protocol/requests";
import {
  locationCommand,
  locationDocument,
  locationFields,
  productCommand,
  productDocument,
  productFields,
} from "../../commands/catalogue-commands.ts";
import type { RequestContext } from "../../commands/request-context.ts";
import type { Command } from "../../core/command.ts";
import type { Outcome } from "../../core/outcome.ts";
import { ProblemError } from "../../host/problem.ts";
import { Check, requireValid } from "../../host/validation.ts";
import { locationIdOf, productIdOf } from "../import/names.ts";
import { lifeOf, requireUsableSku } from "../rest/catalogue-parts.ts";
import type { BulkContext, ListRows, NamedRow, PlannedRow, PlanOptions } from "./planned-row.ts";

type Fields = Readonly<Record<string, unknown>>;

/** What products and locations have in common, and how they differ. */
interface Kind {
  readonly noun: string;
  readonly createCheck: Check;
  readonly replaceCheck: Check;
  readonly patchCheck: Check;
  checkMore(fields: Fields): void;
  /** Id that the row names, or null. */
  idOf(fields: Fields): string | null;
  /** Id of what a row without an id creates: the same for the same row. */
  madeIdOf(fields: Fields): string;
  existing(context: BulkContext, ids: readonly string[]): Promise<Set<string>>;
  /** Ids of what rows without an id mean, in order; null for what is not there. */
  meant(context: BulkContext, rows: readonly Fields[]): Promise<(string | null)[]>;
  create(origin: RequestContext, id: string, fields: Fields, currency: string): Command;
  replace(origin: RequestContext, id: string, fields: Fields, currency: string): Command;
  merge(origin: RequestContext, id: string, fields: Fields): Command;
  show(outcome: Outcome): Partial<RowResult>;
}

const products: Kind = {
  noun: "product",
  createCheck: new Check(CreateProduct),
  replaceCheck: new Check(ReplaceProduct),
  patchCheck: new Check(PatchProduct),
  checkMore: ({ sku }) => requireUsableSku(sku as string | undefined),
  idOf: ({ productId }) => (productId as string | undefined) ?? null,
  madeIdOf: ({ sku }) => productIdOf(sku as string),
  existing: ({ catalogue }, ids) => catalogue.existingProducts(ids),
  async meant({ items }, rows) {
    const skus = [...new Set(rows.flatMap(({ sku }) => (typeof sku === "string" ? [sku] : [])))];
    const owners = await items.currentProductsOfSkus(skus);
    const bySku = new Map(skus.map((sku, place) => [sku, owners[place]?.productId ?? null]));
    return rows.map(({ sku }) => bySku.get(sku as string) ?? null);
  },
  create(origin, id, fields, currency) {
    const operation = { kind: "create", document: productDocument(fields as CreateProduct, currency) } as const;
    return productCommand(origin, id, id, operation, null);
  },
  replace(origin, id, fields, currency) {
    const body = fields as ReplaceProduct;
    const operation = { kind: "replace", document: productDocument(body, currency), ...lifeOf(body.status) } as const;
    return productCommand(origin, id, id, operation, null);
  },
  merge(origin, id, fields) {
    const body = fields as PatchProduct;
    return productCommand(origin, id, id, { kind: "patch", fields: productFields(body), ...lifeOf(body.status) }, null);
  },
  show: (outcome) =>
    outcome.kind === "product" ? { productId: outcome.product.productId, version: outcome.product.version } : {},
};

const locations: Kind = {
  noun: "location",
  createCheck: new Check(CreateLocation),
  replaceCheck: new Check(ReplaceLocation),
  patchCheck: new Check(PatchLocation),
  checkMore: () => {},
  idOf: ({ locationId }) => (locationId as string | undefined) ?? null,
  madeIdOf: ({ name }) => locationIdOf(name as string),
  existing: ({ catalogue }, ids) => catalogue.existingLocations(ids),
  async meant({ catalogue }, rows) {
    const ids = rows.map(({ name }) => (typeof name === "string" ? locationIdOf(name) : null));
    const existing = await catalogue.existingLocations(ids.filter((id) => id !== null));
    return ids.map((id) => (id !== null && existing.has(id) ? id : null));
  },
  create(origin, id, fields) {
    const operation = { kind: "create", document: locationDocument(fields as CreateLocation) } as const;
    return locationCommand(origin, id, id, operation, null);
  },
  replace(origin, id, fields) {
    const body = fields as ReplaceLocation;
    const operation = { kind: "replace", document: locationDocument(body), ...lifeOf(body.status) } as const;
    return locationCommand(origin, id, id, operation, null);
  },
  merge(origin, id, fields) {
    const body = fields as PatchLocation;
    const operation = { kind: "patch", fields: locationFields(body), ...lifeOf(body.status) } as const;
    return locationCommand(origin, id, id, operation, null);
  },
  show: (outcome) =>
    outcome.kind === "location" ? { locationId: outcome.location.locationId, version: outcome.location.version } : {},
};

class CatalogueRows implements ListRows {
  readonly #context: BulkContext;
  readonly #kind: Kind;

  constructor(context: BulkContext, kind: Kind) {
    this.#context = context;
    this.#kind = kind;
  }

  check({ fields }: NamedRow, { mode }: PlanOptions): void {
    const { createCheck, replaceCheck, patchCheck } = this.#kind;
    requireValid(mode === "create" ? createCheck : mode === "replace" ? replaceCheck : patchCheck, fields, "row");
    this.#kind.checkMore(fields);
  }

  async plan(rows: readonly NamedRow[], options: PlanOptions): Promise<(PlannedRow | ProblemError)[]> {
    const { mode, mayRepeat } = options;
    const isCreatable = rows.map(({ fields }) => mode !== "merge" || this.#kind.createCheck.accepts(fields));
    const isAsked = rows.map((_, place) => mode !== "create" && !(mayRepeat && isCreatable[place]!));
    const there = await this.#there(rows.filter((_, place) => isAsked[place]!));
    let asked = 0;
    return rows.map((row, place) => {
      const id = isAsked[place] ? there[asked++]! : null;
      if (id !== null) return this.#planned(row, this.#change(row, id, options), options);
      if (isCreatable[place]) return this.#planned(row, this.#creation(row), options);
      const { noun } = this.#kind;
      return new ProblemError(
        "not_found",
        `There is no such ${noun}, and the row lacks what a new one needs. Name one that is there, or send the whole ${noun}.`,
      );
    });
  }

  /** Which of the rows mean something that is there: its id, or null. */
  async #there(rows: readonly NamedRow[]): Promise<(string | null)[]> {
    if (rows.length === 0) return [];
    const ids = rows.map(({ fields }) => this.#kind.idOf(fields));
    const without = rows.filter((_, place) => ids[place] === null).map(({ fields }) => fields);
    const [existing, meant] = await Promise.all([
      this.#kind.existing(this.#context, [...new Set(ids.filter((id) => id !== null))]),
      this.#kind.meant(this.#context, without),
    ]);
    let used = 0;
    return ids.map((id) => (id === null ? meant[used++]! : existing.has(id) ? id : null));
  }

  #creation({ fields, context }: NamedRow): Command {
    const id = this.#kind.idOf(fields) ?? this.#kind.madeIdOf(fields);
    return this.#kind.create(context, id, fields, this.#context.defaultCurrency);
  }

  #change({ fields, context }: NamedRow, id: string, { mode }: PlanOptions): Command {
    const origin = { ...context, idempotencyKey: `${context.idempotencyKey}\nchange` };
    return mode === "merge"
      ? this.#kind.merge(origin, id, fields)
      : this.#kind.replace(origin, id, fields, this.#context.defaultCurrency);
  }

  #planned(row: NamedRow, command: Command, options: PlanOptions): PlannedRow {
    let mayChange = options.mode !== "create" && "operation" in command && command.operation.kind === "create";
    return {
      command,
      sent: row.fields,
      show: this.#kind.show,
      afterRefusal: async ({ code }) => {
        if (!mayChange || code !== "already_exists") return null;
        mayChange = false;
        const [id] = await this.#there([row]);
        return id === null || id === undefined ? null : this.#change(row, id, options);
      },
    };
  }
}

/** Rows of /v1/products. */
export const productRows = (context: BulkContext): ListRows => new CatalogueRows(context, products);

/** Rows of /v1/locations. */
export const locationRows = (context: BulkContext): ListRows => new CatalogueRows(context, locations);
