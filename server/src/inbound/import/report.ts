/** The closing report: every row of the file in exactly one class, and what became of the stock. */
import type { MovementType } from "@onhand/protocol/vocabulary";
import type { Movement } from "./classify.ts";
import { importLimits } from "./import-limits.ts";
import type { Answer } from "./settle.ts";

export const rowClasses = ["applied", "cancelled", "notGoods", "noStock", "duplicate", "malformed", "refused"] as const;
export type RowClass = (typeof rowClasses)[number];

export interface RowExample {
  readonly line: number;
  readonly problem: string;
}

export interface ImportReport {
  readonly dataSet: string;
  readonly isDryRun: boolean;
  /** False when the import was interrupted before the end of the file. */
  readonly isComplete: boolean;
  readonly rowsRead: number;
  readonly rows: Readonly<Record<RowClass, number>>;
  /** Rows whose outcome an earlier run had recorded. */
  readonly rowsThereAlready: number;
  readonly markets: number;
  readonly products: number;
  readonly items: number;
  /** Units moved by the rows that were applied, now or before. */
  readonly units: Readonly<Partial<Record<MovementType, number>>>;
  readonly unitsNotInStock: number;
  /** Openings that nobody counted: they were assumed so that sales can be replayed at all. */
  readonly assumed: {
    readonly openingLevel: number;
    readonly items: number;
    readonly units: number;
    /** Items that had a history of their own already, so nothing was assumed. */
    readonly itemsWithStockOfTheirOwn: number;
  };
  /** Journal entries that this run added. */
  readonly entriesAdded: number;
  readonly seconds: number;
  readonly rowsPerSecond: number;
  /** The first rows that were malformed or refused. */
  readonly examples: Readonly<Record<"malformed" | "refused", readonly RowExample[]>>;
}

/** Gathers the report while answers come in. */
export class ImportTally {
  readonly #rows = Object.fromEntries(rowClasses.map((name) => [name, 0])) as Record<RowClass, number>;
  readonly #units: Partial<Record<MovementType, number>> = {};
  readonly #markets = new Set<string>();
  readonly #marketsBySku = new Map<string, Set<string>>();
  #items = 0;
  readonly #examples = { malformed: [] as RowExample[], refused: [] as RowExample[] };
  #rowsRead = 0;
  #rowsThereAlready = 0;
  #unitsNotInStock = 0;
  #openings = 0;
  #itemsWithStock = 0;
  #entriesAdded = 0;

  get rowsRead(): number {
    return this.#rowsRead;
  }

  read(): void {
    this.#rowsRead += 1;
  }

  count(name: "notGoods" | "duplicate"): void {
    this.#rows[name] += 1;
  }

  explain(name: "malformed" | "refused", line: number, problem: string): void {
    this.#rows[name] += 1;
    if (this.#examples[name].length < importLimits.examplesMax) this.#examples[name].push({ line, problem });
  }

  /** Takes note of the item of a row. @returns whether it is the first row of that item */
  meet({ sku, market }: Movement): boolean {
    const markets = this.#marketsBySku.get(sku);
    if (markets?.has(market)) return false;
    if (markets === undefined) this.#marketsBySku.set(sku, new Set([market]));
    else markets.add(market);
    this.#markets.add(market);
    this.#items += 1;
    return true;
  }

  /** @param answer null in a dry run, which asks nobody */
  countMovement(movement: Movement, answer: Answer | null): void {
    const { line, adjustment, movementType } = movement;
    if (answer !== null && this.#countRefusal(line, answer, adjustment)) return;
    this.#rows[movement.class] += 1;
    this.#units[movementType] = (this.#units[movementType] ?? 0) + Math.abs(adjustment);
    if (answer?.kind === "settled" && !answer.replayed) this.#entriesAdded += 1;
  }

  countCatalogue(answer: Answer): void {
    if (answer.kind === "settled" && !answer.replayed && answer.outcome.kind !== "rejected") this.#entriesAdded += 1;
  }

  countOpening(answer: Answer): void {
    const outcome = answer.kind === "settled" ? answer.outcome : null;
    if (outcome?.kind === "rejected" && outcome.rejection.code === "version_conflict") this.#itemsWithStock += 1;
    else if (outcome?.kind === "lines" || answer.kind === "reused") this.#openings += 1;
    this.countCatalogue(answer);
  }

  /** @throws Error when a row is in no class or in two */
  close(run: {
    dataSet: string;
    openingLevel: number;
    isDryRun: boolean;
    isComplete: boolean;
    elapsedMs: number;
  }): ImportReport {
    const counted = rowClasses.reduce((sum, name) => sum + this.#rows[name], 0);
    if (counted !== this.#rowsRead) throw new Error(`${this.#rowsRead} rows were read, ${counted} are accounted for`);
    const seconds = run.elapsedMs / 1000;
    return {
      dataSet: run.dataSet,
      isDryRun: run.isDryRun,
      isComplete: run.isComplete,
      rowsRead: this.#rowsRead,
      rows: this.#rows,
      rowsThereAlready: this.#rowsThereAlready,
      markets: this.#markets.size,
      products: this.#marketsBySku.size,
      items: this.#items,
      units: this.#units,
      unitsNotInStock: this.#unitsNotInStock,
      assumed: {
        openingLevel: run.openingLevel,
        items: this.#openings,
        units: this.#openings * run.openingLevel,
        itemsWithStockOfTheirOwn: this.#itemsWithStock,
      },
      entriesAdded: this.#entriesAdded,
      seconds,
      rowsPerSecond: seconds > 0 ? Math.round(this.#rowsRead / seconds) : 0,
      examples: this.#examples,
    };
  }

  #countRefusal(line: number, answer: Answer, adjustment: number): boolean {
    if (answer.kind === "reused") {
      this.#rowsThereAlready += 1;
      this.explain("refused", line, "was imported before with another mapping; the first one stands");
      return true;
    }
    if (answer.kind === "poison") {
      this.explain("refused", line, `the database does not take it: ${answer.message}`);
      return true;
    }
    if (answer.replayed) this.#rowsThereAlready += 1;
    if (answer.outcome.kind !== "rejected") return false;
    const { code, detail } = answer.outcome.rejection;
    if (code === "insufficient_stock") {
      this.#rows.noStock += 1;
      this.#unitsNotInStock += Math.abs(adjustment);
    } else this.explain("refused", line, detail);
    return true;
  }
}
