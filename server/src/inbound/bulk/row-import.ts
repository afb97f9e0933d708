/**
 * Applies rows of one import: shapes and checks each, has it decided, and says what came of it. Rows are handed over in the
 * order in which they came; the verdict on one never depends on whether another is well formed. Each row has a key that follows
 * from the import and the row's number, so what is sent again is never applied twice.
 */
import type { ImportList, ImportMode, OtherFields, RowResult, RowVerdict } from "@onhand/protocol/bulk";
import type { Principal } from "../../auth/principal.ts";
import type { RequestContext } from "../../commands/request-context.ts";
import type { Outcome } from "../../core/outcome.ts";
import { ProblemError } from "../../host/problem.ts";
import { type Answer, type CommandSink, Settler } from "../import/settle.ts";
import { problemOfRejection } from "../rest/outcome-problems.ts";
import { locationRows, productRows } from "./catalogue-rows.ts";
import { InventoryRows } from "./inventory-rows.ts";
import type { BulkContext, ListRows, NamedRow, PlannedRow } from "./planned-row.ts";
import { type Shape, shapeOf } from "./row-shape.ts";
import type { SentRow } from "./row-source.ts";

/** What an import was asked to do; plain data, kept with a job. */
export interface ImportOptions {
  readonly list: ImportList;
  readonly mode: ImportMode;
  readonly overwrite: boolean;
  readonly dryRun: boolean;
  readonly isText: boolean;
  readonly map: Readonly<Record<string, string>>;
  readonly defaults: Readonly<Record<string, unknown>>;
  readonly others: OtherFields;
}

/** Who imports, and under which key. */
export interface ImportOrigin {
  readonly principal: Principal;
  /** Prefix of the keys of rows, within the principal. */
  readonly key: string;
  readonly requestId: string;
  readonly traceparent: string | null;
}

/** How a journal entry tells that it came from rows in bulk. */
const source = "import";

const rowsOfList: Readonly<Record<ImportList, (context: BulkContext) => ListRows>> = {
  products: productRows,
  locations: locationRows,
  inventory: (context) => new InventoryRows(context),
};

/** Rows that were handed over; their verdicts come later. */
export interface HandedOver {
  /** In order. @throws ImportStopped when the database stays away */
  readonly results: Promise<RowResult[]>;
}

type Ready = { readonly sent: SentRow; readonly named: NamedRow };

export class RowImport {
  readonly #options: ImportOptions;
  readonly #origin: ImportOrigin;
  readonly #shape: Shape;
  readonly #rows: ListRows;
  readonly #settler: Settler;

  constructor(context: BulkContext, options: ImportOptions, origin: ImportOrigin) {
    this.#options = options;
    this.#origin = origin;
    this.#shape = shapeOf(options);
    this.#rows = rowsOfList[options.list](context);
    const sink: CommandSink = {
      submit: (commands, isKnown) => commands.map((command) => context.submitter.submitOne(command, isKnown(command))),
    };
    this.#settler = new Settler(sink, context.clock);
  }

  /**
   * Resolves when the rows are handed over, so that the next ones may follow.
   * @param mayRepeat whether they may have been sent before
   */
  async apply(sent: readonly SentRow[], mayRepeat: boolean): Promise<HandedOver> {
    const { mode, overwrite, dryRun } = this.#options;
    const planning = { mode, overwrite, mayRepeat };
    const results: RowResult[] = new Array(sent.length);
    const ready: (Ready & { readonly place: number })[] = [];
    for (const [place, row] of sent.entries()) {
      const read = this.#read(row, planning);
      if (read instanceof ProblemError) results[place] = refused(row, read);
      else ready.push({ place, sent: row, named: read });
    }
    if (dryRun) {
      for (const { place, sent: row } of ready) results[place] = resultOf(row, "valid");
      return { results: Promise.resolve(results) };
    }
    const plans = await this.#rows.plan(
      ready.map(({ named }) => named),
      planning,
    );
    const open: (Ready & { place: number; plan: PlannedRow })[] = [];
    for (const [index, each] of ready.entries()) {
      const plan = plans[index]!;
      if (plan instanceof ProblemError) results[each.place] = refused(each.sent, plan);
      else open.push({ ...each, plan });
    }
    const settled = this.#settle(open.map(({ plan }) => plan)).then((verdicts) => {
      for (const [index, { place, sent: row }] of open.entries())
        results[place] = { ...numberOf(row), ...verdicts[index]! };
      return results;
    });
    settled.catch(() => {});
    return { results: settled };
  }

  /** The row under the names of the list, or what is wrong with it. */
  #read(row: SentRow, planning: Parameters<ListRows["check"]>[1]): NamedRow | ProblemError {
    if (row.fault !== undefined)
      return new ProblemError("validation_failed", `${row.fault} Correct the row and send it again.`);
    if (typeof row.fields !== "object" || row.fields === null || Array.isArray(row.fields))
      return new ProblemError("validation_failed", "The row is no JSON object. Send one object on each line.");
    const named = { fields: this.#shape(row.fields as Record<string, unknown>), context: this.#contextOf(row.row) };
    try {
      this.#rows.check(named, planning);
      return named;
    } catch (error) {
      if (error instanceof ProblemError) return error;
      throw error;
    }
  }

  #contextOf(row: number): RequestContext {
    const { principal, key, requestId, traceparent } = this.#origin;
    return { principal, idempotencyKey: `${key}\n${row}`, requestId, traceparent, source };
  }

  async #settle(plans: readonly PlannedRow[]): Promise<Verdict[]> {
    const verdicts: Verdict[] = new Array(plans.length);
    let open = plans.map((plan, place) => ({ plan, place, command: plan.command }));
    while (open.length > 0) {
      const answers = await this.#settler.settle(open.map(({ command }) => command));
      const again: typeof open = [];
      await Promise.all(
        answers.map(async (answer, index) => {
          const { plan, place } = open[index]!;
          const next =
            answer.kind === "settled" && answer.outcome.kind === "rejected"
              ? await plan.afterRefusal(answer.outcome.rejection)
              : null;
          if (next === null) verdicts[place] = verdictOf(plan, answer);
          else again.push({ plan, place, command: next });
        }),
      );
      open = again.sort((a, b) => a.place - b.place);
    }
    return verdicts;
  }
}

type Verdict = Omit<RowResult, "row" | "line">;

function verdictOf(plan: PlannedRow, answer: Answer): Verdict {
  if (answer.kind === "reused")
    return faulty("idempotency_key_reused", "This key was used before for another row. Use a new key for a new file.");
  if (answer.kind === "poison")
    return faulty(
      "validation_failed",
      "The database does not take the row: a number leaves its range. Check its quantities.",
    );
  const { outcome, replayed } = answer;
  if (outcome.kind === "rejected")
    return {
      verdict: "rejected",
      error: problemOfRejection(outcome.rejection, { body: plan.sent, takesIfMatch: false }).toProblem(),
    };
  return {
    verdict: replayed ? "duplicate" : "applied",
    ...plan.show(outcome as Exclude<Outcome, { kind: "rejected" }>),
  };
}

const faulty = (code: ProblemError["code"], detail: string): Verdict => ({
  verdict: "rejected",
  error: new ProblemError(code, detail).toProblem(),
});

const numberOf = ({ row, line }: SentRow): Pick<RowResult, "row" | "line"> => ({ row, line });
const resultOf = (sent: SentRow, verdict: RowVerdict): RowResult => ({ ...numberOf(sent), verdict });
const refused = (sent: SentRow, problem: ProblemError): RowResult => ({
  ...resultOf(sent, "rejected"),
  error: problem.toProblem(),
});
