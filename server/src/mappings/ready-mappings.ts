/** Mappings that are there already, for platforms whose payloads are known. A source takes a copy, which no later version changes. */
import { readFileSync } from "node:fs";
import { type ReadyMappingName, readyMappingNames } from "@onhand/protocol/mappings";
import type { SourceSignature } from "@onhand/protocol/sources";

export type Settings = Readonly<Record<string, unknown>>;

export interface ReadyMapping {
  readonly name: ReadyMappingName;
  readonly about: string;
  /** What the expression sees as `$settings`, where the source says nothing else. */
  readonly settings: Settings;
  /** How the platform signs its webhooks. */
  readonly signature: SourceSignature;
  /** What it tells is an observation: it moves stock only where its setting `movesStock` says so. */
  readonly isObservation: boolean;
  readonly expression: string;
}

const facts: Record<ReadyMappingName, Omit<ReadyMapping, "name" | "expression">> = {
  shopify: {
    about:
      "Levels of Shopify: webhook inventory_levels/update, the REST Admin API, and product and inventory files (CSV)",
    settings: { location: "default", count: "available" },
    signature: "shopify",
    isObservation: false,
  },
  square: {
    about: "Counts, adjustments and transfers of Square: webhook inventory.count.updated and the Inventory API",
    settings: {},
    signature: "square",
    isObservation: false,
  },
  woocommerce: {
    about: "Levels of WooCommerce: webhooks product.*, the REST API, and product files (CSV)",
    settings: { location: "default", productBy: "sku" },
    signature: "woocommerce",
    isObservation: false,
  },
  amazon: {
    about: "Levels of Amazon: inventory notifications (SNS, SQS, EventBridge), FBA summaries, external fulfilment",
    settings: { productBy: "sku" },
    signature: "none",
    isObservation: false,
  },
  "survey-response": {
    about: "Answers to surveys about what is on the shelf: kept to be compared with",
    settings: {
      availabilityQuestions: ["in_stock"],
      absentAnswers: ["no", "out of stock", "sold out"],
      levelQuestions: ["units_on_shelf"],
      skuFields: ["sku"],
      productFields: ["product_id", "productId", "variant_id"],
      locationFields: ["location", "location_id", "store"],
      movesStock: false,
    },
    signature: "standard",
    isObservation: true,
  },
};

/** By name, in the order of the protocol. */
export const readyMappings: ReadonlyMap<string, ReadyMapping> = new Map(
  readyMappingNames.map((name) => {
    const expression = readFileSync(new URL(`./ready/${name}.jsonata`, import.meta.url), "utf8").trim();
    return [name, { name, ...facts[name], expression }];
  }),
);

/** @returns settings that the mapping does not know */
export const unknownSettings = ({ settings }: ReadyMapping, given: Settings): string[] =>
  Object.keys(given).filter((name) => !Object.hasOwn(settings, name));

/** @returns the text of a mapping with its settings, which stands for itself */
export const withSettings = ({ settings, expression }: ReadyMapping, given: Settings): string =>
  `($settings := ${JSON.stringify({ ...settings, ...given }, null, 1)};\n${expression}\n)`;
