/** `onhand reconcile`: compare now, or with a statement in a file; what differs, who looks after it, and what is believed. */
import { setTimeout as delay } from "node:timers/promises";
import type { Client, Difference, Reconciliation, StatementReport } from "@onhand/client";
import { type Command, UsageError } from "../command.ts";
import { given } from "./arguments.ts";
import { readStatementFile } from "./statement-file.ts";
import { type Flags, nounCommand, type Shown, shownRows } from "./verbs.ts";

const listed = 100;
const pollMs = 1_000;

const rowsOf = (rows: readonly object[]): Record<string, unknown>[] => rows.map((row) => ({ ...row }));

const differenceColumns = [
  "differenceId",
  "check",
  "sku",
  "locationId",
  "sourceId",
  "units",
  "firstMovementId",
  "owner",
  "state",
];

async function shownDifference(client: Client, differenceId: string): Promise<Shown> {
  const difference = await client.getDifference(differenceId);
  return { json: difference, text: textOf(difference) };
}

function textOf(difference: Difference): string {
  const { differenceId, check, state, productId, sku, locationId, sourceId, owner, units } = difference;
  const where = [sku ?? productId, locationId, sourceId].filter((each) => each !== null).join(" · ");
  const heading = `${differenceId}  ${check}  ${state}  ${where}${units === null ? "" : `  ${units > 0 ? "+" : ""}${units}`}${owner === null ? "" : `  ${owner}`}`;
  const figures = `expected ${JSON.stringify(difference.expected)}, found ${JSON.stringify(difference.found)}`;
  const movements =
    difference.movements.length === 0
      ? []
      : [shownRows(difference.movements, ["movementId", "onHand", "occurredAt", "recordedAt", "actor", "source"]).text];
  const closed = difference.closedBy === null ? [] : [`closed: ${difference.closedBy.detail}`];
  const steps = difference.history.map(
    ({ at, by, did, note }) => `${at}  ${by}  ${did}${note === null ? "" : `: ${note}`}`,
  );
  return [heading, figures, difference.explanation, ...closed, ...movements, ...steps].join("\n");
}

async function run(client: Client, flags: Flags): Promise<Shown> {
  if (flags.upload !== undefined) return upload(client, flags.upload, flags);
  const { check, product, location, source } = flags;
  const scope = given({ productId: product, locationId: location, sourceId: source });
  let run = await client.requestReconciliation({
    ...scope,
    ...(check === undefined ? {} : { checks: check.split(",") as Reconciliation["scope"]["checks"] }),
  });
  while (run.status === "running") {
    await delay(pollMs);
    run = await client.getReconciliation(run.reconciliationId);
  }
  return { json: run, text: await textOfRun(client, run) };
}

async function textOfRun(client: Client, run: Reconciliation): Promise<string> {
  const table = shownRows(rowsOf(run.checks), ["check", "checked", "differences"]).text;
  if (run.status === "failed") return `${table}\nfailed: ${run.problem}`;
  const found = run.checks.filter(({ differences }) => differences > 0);
  if (found.length === 0) return `${table}\nNothing differs.`;
  const { productId, locationId, sourceId } = run.scope;
  const rows: Difference[] = [];
  for (const { check } of found) {
    const query = {
      limit: listed,
      check: check as "level",
      ...given({
        productId: productId ?? undefined,
        locationId: locationId ?? undefined,
        sourceId: sourceId ?? undefined,
      }),
    };
    rows.push(...(await client.listDifferences(query)).data);
  }
  return `${table}\n${shownRows(rowsOf(rows.slice(0, listed)), differenceColumns).text}`;
}

async function upload(client: Client, path: string, { source, location, asOf }: Flags): Promise<Shown> {
  const reports: { first: number; report: StatementReport }[] = [];
  const about = given({ sourceId: source, locationId: location, asOf });
  for (const { firstLine, statement } of await readStatementFile(path)) {
    const { statement: report } = await client.requestReconciliation({ statement: { ...about, ...statement } });
    reports.push({ first: firstLine, report: report! });
  }
  const sum = (of: (report: StatementReport) => number): number =>
    reports.reduce((total, { report }) => total + of(report), 0);
  const numbered = <Line extends { readonly line: number }>(of: (report: StatementReport) => readonly Line[]): Line[] =>
    reports.flatMap(({ first, report }) => of(report).map((each) => ({ ...each, line: each.line + first - 1 })));
  const json = {
    lines: sum(({ lines }) => lines),
    agreeing: sum(({ agreeing }) => agreeing),
    differing: sum(({ differing }) => differing),
    refused: numbered(({ refused }) => refused),
    differences: numbered(({ differences }) => differences),
  };
  const heading = `${json.lines} lines: ${json.agreeing} agree, ${json.differing} differ, ${json.refused.length} could not be compared`;
  const refused = json.refused.slice(0, listed).map(({ line, reason }) => `line ${line}: ${reason}`);
  const columns = ["line", "productId", "locationId", "stated", "ours", "difference", "differenceId", "explanation"];
  const table =
    json.differences.length === 0 ? [] : [shownRows(rowsOf(json.differences.slice(0, listed)), columns).text];
  return { json, text: [heading, ...refused, ...table].join("\n") };
}

const noun: Command = nounCommand({
  name: "reconcile",
  summary: "Compare the journal with levels, orders and sources, and look after what differs",
  about:
    "Servers compare continuously; this compares now. Nothing is corrected but by a rule of an administrator or by `correct`.",
  flags: {
    upload: "run: a statement to compare with, CSV, JSON or NDJSON",
    source: "run: the source that states it, or only its statements; list: only of it",
    location: "run: of lines that name none, or only there; list: only there",
    asOf: "run: moment of lines that name none, e.g. 2026-11-21T20:00:00Z",
    product: "run, list: only of this product",
    check: "run: only these checks, with commas; list: only of this one",
    state: "list: open, accepted or closed; without it all that are not closed",
    owner: "list: only those of somebody; assign: who looks after it",
    note: "assign, accept, reopen: why",
    reason: "correct: why the source is believed",
  },
  verbs: {
    run: {
      usage: "",
      about: "compare now; the same without a verb",
      argumentsMin: 0,
      options: ["upload", "source", "location", "asOf", "product", "check"],
      run: (client, _, flags) => run(client, flags),
    },
    list: {
      usage: "",
      about: `what differs, the first ${listed}, the oldest first`,
      argumentsMin: 0,
      options: ["state", "check", "product", "location", "source", "owner"],
      async run(client, _, { state, check, product, location, source, owner }) {
        const filter = given({ productId: product, locationId: location, sourceId: source, owner });
        const query = { limit: listed, ...given({ state: state as "open", check: check as "level" }), ...filter };
        const { data } = await client.listDifferences(query);
        return shownRows(rowsOf(data), state === "closed" ? [...differenceColumns, "closedAt"] : differenceColumns);
      },
    },
    show: {
      usage: "ID",
      about: "one, with what explains it and its history",
      argumentsMin: 1,
      run: (client, [id]) => shownDifference(client, id!),
    },
    assign: {
      usage: "ID --owner NAME",
      about: "say who looks after it",
      argumentsMin: 1,
      options: ["owner", "note"],
      async run(client, [id], { owner, note }) {
        if (owner === undefined) throw new UsageError("Say who looks after it: --owner.");
        await client.updateDifference(id!, { owner, ...given({ note }) });
        return shownDifference(client, id!);
      },
    },
    accept: {
      usage: "ID --note TEXT",
      about: "it is known and may stay",
      argumentsMin: 1,
      options: ["note"],
      async run(client, [id], { note }) {
        if (note === undefined) throw new UsageError("Say why it may stay: --note.");
        await client.updateDifference(id!, { state: "accepted", note });
        return shownDifference(client, id!);
      },
    },
    reopen: {
      usage: "ID",
      about: "it may not stay after all",
      argumentsMin: 1,
      options: ["note"],
      async run(client, [id], { note }) {
        await client.updateDifference(id!, { state: "open", ...given({ note }) });
        return shownDifference(client, id!);
      },
    },
    correct: {
      usage: "ID --reason TEXT",
      about: "believe the source, as of its time",
      argumentsMin: 1,
      options: ["reason"],
      async run(client, [id], { reason }) {
        if (reason === undefined) throw new UsageError("Say why the source is believed: --reason.");
        const difference = await client.correctDifference(id!, { reason });
        return { json: difference, text: textOf(difference) };
      },
    },
    rules: {
      usage: "",
      about: "tolerances, and what is corrected without asking",
      argumentsMin: 0,
      async run(client) {
        const { data } = await client.listReconciliationRules();
        return shownRows(rowsOf(data), [
          "ruleId",
          "name",
          "sourceId",
          "locationId",
          "productId",
          "tolerance",
          "correct",
        ]);
      },
    },
  },
  examples: [
    "reconcile",
    "reconcile --check level,movements",
    "reconcile --upload count.csv --source erp --asOf 2026-11-21T20:00:00Z",
    "reconcile list --source erp",
    'reconcile correct dif_01k9 --reason "counted together with the warehouse"',
  ],
});

/** Without a verb it compares. */
export const reconcileCommand: Command = {
  ...noun,
  run: (args) => noun.run(args[0] === undefined || args[0].startsWith("-") ? ["run", ...args] : args),
};
