/** Makes commands from lines that came from outside. Pure but for the salt of their texts. */
import { textOf } from "../commands/entry-text.ts";
import { originOf } from "../commands/request-context.ts";
import type { CommandOrigin, InventoryCommand, ItemChange } from "../core/command.ts";
import type { IntakeLine, IntakeOrigin } from "./intake-line.ts";

/** A line on its way to the journal. */
export interface Attempt {
  readonly line: IntakeLine;
  /** Refusals before it; each takes a key of its own. */
  readonly tries: number;
  /** When it arrived the first time, in ms: the moment of whatever says none. */
  readonly arrivedAtMs: number;
  /** It was parked since. */
  readonly hasWaited: boolean;
}

/** The product that a line's name means now. */
export interface FoundProduct {
  readonly productId: string;
  /** The SKU that it was found by; null when it was found otherwise. */
  readonly sku: string | null;
}

/** @returns the id that an origin has in the journal: that of a source, or one that no source can have */
const reporterOf = ({ kind, id }: Pick<IntakeOrigin, "kind" | "id">): string =>
  kind === "source" ? id : `device:${id}`;

/**
 * Key and digest of an attempt. The key is the origin's own, not that of the API key it uses: those change, operations are for
 * ever. The digest is of the sender's words, for what we make of them (products of codes, corrected times) may be something
 * else when they are sent again.
 */
export function commandOriginOf(origin: IntakeOrigin, { line, tries }: Attempt): CommandOrigin {
  const { context, kind, id, label } = origin;
  const { operationId, product, location, change, movementType, version } = line;
  const named = (name: object): readonly unknown[] => Object.entries(name).filter(([, value]) => value !== undefined);
  const content = [
    named(product),
    named(location),
    "stockLevel" in change ? ["level", change.stockLevel] : ["change", change.adjustment, change.state ?? null],
    movementType,
    version,
    line.saidAtMs ?? line.occurredAtMs,
  ];
  const principal = { ...context.principal, keyId: `${kind}:${id}` };
  // No operation id has a line break in it, so a later try cannot meet an operation of its own.
  const key = tries === 0 ? operationId : `${operationId}\n${tries}`;
  return { ...originOf({ ...context, principal, source: label }, key, content), actor: context.principal.keyId };
}

/** The command of one line. What happened outside is recorded even where it takes available below zero. */
export function lineCommand(
  origin: IntakeOrigin,
  attempt: Attempt,
  product: FoundProduct,
  locationId: string,
): InventoryCommand {
  const { line, arrivedAtMs, hasWaited } = attempt;
  const { clock, version, saidAtMs, movementType, reason, reference } = line;
  return {
    kind: "inventory",
    lines: [
      {
        productId: product.productId,
        sku: product.sku,
        isFoundBySku: product.sku !== null,
        locationId,
        change: changeOf(line, arrivedAtMs),
        guard: null,
        mustExist: false,
        allowNegative: true,
        movementType,
        // A change that waited happened when it arrived, not when it was let in.
        occurredAtMs: "stockLevel" in line.change ? null : (line.occurredAtMs ?? (hasWaited ? arrivedAtMs : null)),
        ...(clock === undefined ? {} : { clock }),
        report: {
          sourceId: reporterOf(origin),
          trust: origin.trust,
          freshForMs: origin.freshForMs,
          version,
          saidAtMs: saidAtMs === line.occurredAtMs ? null : saidAtMs,
        },
        text: textOf(reason ?? undefined, reference ?? undefined),
      },
    ],
    isRememberedByKey: true,
    ...commandOriginOf(origin, attempt),
  };
}

function changeOf({ change, occurredAtMs }: IntakeLine, arrivedAtMs: number): ItemChange {
  if ("stockLevel" in change)
    return { stockLevel: normal(change.stockLevel), countedAtMs: occurredAtMs ?? arrivedAtMs };
  const { adjustment, state } = change;
  return state === undefined ? { adjustment } : { adjustment, state };
}

/** JSON has a negative zero; stock has not. */
const normal = (quantity: number): number => (quantity === 0 ? 0 : quantity);
