import { parseArgs } from "node:util";
import type { Pace } from "./harness/run-scenario.ts";
import { SCENARIOS, type ScenarioName } from "./harness/scenarios.ts";

export const HELP = `Measures Onhand against the yardsticks in bench/README.md.

  npm run bench                          everything but the large database, about 35 minutes
  npm run bench -- --quick               short rounds, about 7 minutes: for a first look, not for a claim
  npm run bench -- --only spread,hot     some scenarios
  npm run bench -- --only feed-delay,feed-fanout,feed-cost,feed-slow,webhooks   what leaves the server
  npm run bench -- --large               also at 10,000,000 journal entries; filling takes long
  npm run bench -- --rounds 5 --seconds 20

Options
  --only <names>      of: ${SCENARIOS.map((scenario) => scenario.name).join(", ")}
  --large             run the scenario "large", too
  --quick             2 rounds of 3 s instead of 3 rounds of 10 s
  --rounds <n>        rounds of every scenario
  --seconds <n>       length of a measured window
  --warm-up <n>       seconds before it that are not measured
  --scratch <folder>  where databases and logs go (default: a new folder in the system's temporary one)
  --no-write          print the report, write no files to bench/results/
  --help              this text
`;

/** A command line that makes no sense; the message says what to do. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What to run and how. */
export interface BenchOptions {
  readonly scenarios: readonly ScenarioName[];
  readonly pace: Pace;
  readonly scratchDir: string | null;
  readonly writes: boolean;
  readonly help: boolean;
}

const FULL_PACE: Pace = { rounds: 3, warmUpSeconds: 2, seconds: 10 };
const QUICK_PACE: Pace = { rounds: 2, warmUpSeconds: 1, seconds: 3 };

/** Reads the command line. @throws UsageError */
export function parseOptions(commandLine: readonly string[]): BenchOptions {
  const values = readValues(commandLine);
  const base = values.quick === true ? QUICK_PACE : FULL_PACE;
  return {
    scenarios: chooseScenarios(values.only, values.large === true),
    pace: {
      rounds: positive("--rounds", values.rounds, base.rounds),
      warmUpSeconds: positive("--warm-up", values["warm-up"], base.warmUpSeconds),
      seconds: positive("--seconds", values.seconds, base.seconds),
    },
    scratchDir: values.scratch ?? null,
    writes: values["no-write"] !== true,
    help: values.help === true,
  };
}

function readValues(commandLine: readonly string[]) {
  try {
    return parseArgs({
      args: [...commandLine],
      options: {
        only: { type: "string" },
        large: { type: "boolean" },
        quick: { type: "boolean" },
        rounds: { type: "string" },
        seconds: { type: "string" },
        "warm-up": { type: "string" },
        scratch: { type: "string" },
        "no-write": { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function chooseScenarios(only: string | undefined, large: boolean): readonly ScenarioName[] {
  const known = SCENARIOS.map((scenario) => scenario.name);
  if (only === undefined) return known.filter((name) => large || name !== "large");
  const wanted = only.split(",").map((name) => name.trim());
  const unknown = wanted.find((name) => !known.some((each) => each === name));
  if (unknown !== undefined) throw new UsageError(`There is no scenario "${unknown}"; there are ${known.join(", ")}.`);
  return known.filter((name) => wanted.includes(name) || (large && name === "large"));
}

function positive(option: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!(value > 0)) throw new UsageError(`${option} takes a number above zero, not "${text}".`);
  return option === "--rounds" ? Math.ceil(value) : value;
}
