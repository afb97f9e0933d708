/** Commands of the form `onhand NOUN VERB [ARGUMENTS] [options]`, each verb one call of the API or a few. */
import { parseArgs } from "node:util";
import { type Client, createClient } from "@onhand/client";
import { type Command, UsageError } from "../command.ts";
import { explained, remoteHelp, serverFlags, serverOf } from "./server.ts";
import { table } from "./table.ts";

/** What came of a verb: an object for `--json`, and how it is shown to people. */
export interface Shown {
  readonly json: unknown;
  readonly text: string;
  /** Not all that was asked for was done: the command ends with 1. */
  readonly isPartial?: boolean;
}

/** Rows that are shown as a table. */
export const shownRows = (rows: readonly Readonly<Record<string, unknown>>[], columns: readonly string[]): Shown => ({
  json: rows,
  text: rows.length === 0 ? "There is none." : table(rows, columns),
});

export type Flags = Readonly<Record<string, string | undefined>>;

/** Of arguments that name lines: as many as the call takes. */
export const anyNumber = Number.POSITIVE_INFINITY;

export interface Verb<Flag extends string = string> {
  /** Arguments in `--help`, e.g. `ID [LINE=QUANTITY …]`. */
  readonly usage: string;
  readonly about: string;
  /** Positional arguments it needs at least. */
  readonly argumentsMin: number;
  /** The most that it takes; as many as it needs when absent. */
  readonly argumentsMax?: number;
  /** Options of the noun that it takes; none when absent. */
  readonly options?: readonly Flag[];
  run(client: Client, args: readonly string[], flags: Flags): Promise<Shown>;
}

interface Noun<Flag extends string> {
  readonly name: string;
  readonly summary: string;
  readonly about: string;
  readonly verbs: Readonly<Record<string, Verb<NoInfer<Flag>>>>;
  /** Options of its own, with their lines in `--help`. */
  readonly flags: Readonly<Record<Flag, string>>;
  readonly examples: readonly string[];
}

/** @returns the command of a noun with its verbs */
export function nounCommand<Flag extends string>(noun: Noun<Flag>): Command {
  return {
    name: noun.name,
    summary: noun.summary,
    help: helpOf(noun),
    async run(args) {
      const options = Object.fromEntries(Object.keys(noun.flags).map((name) => [name, { type: "string" } as const]));
      const { values, positionals } = parseArgs({
        args: [...args],
        allowPositionals: true,
        options: { ...options, ...serverFlags, json: { type: "boolean", default: false } },
      });
      const [name = "list", ...rest] = positionals;
      const verb = Object.hasOwn(noun.verbs, name) ? noun.verbs[name]! : null;
      if (verb === null) {
        const known = Object.keys(noun.verbs).join(", ");
        throw new UsageError(`${noun.name} takes ${known}. "npx onhand ${noun.name} --help" shows examples.`);
      }
      requireUse(
        `${noun.name} ${name}`,
        verb,
        rest,
        Object.keys(values).filter((flag) => Object.hasOwn(noun.flags, flag)),
      );
      const { json: isJson, ...flags } = values as Record<string, string | undefined> & { json: unknown };
      const server = serverOf(flags);
      const client = createClient({ baseUrl: server.url, ...(server.key === undefined ? {} : { apiKey: server.key }) });
      try {
        const { json, text, isPartial = false } = await verb.run(client, rest, flags);
        process.stdout.write(`${isJson === true ? JSON.stringify(json, null, 2) : text}\n`);
        return isPartial ? 1 : 0;
      } catch (error) {
        throw explained(error, server);
      }
    },
  };
}

/** What is not looked at must not be given: a misplaced filter would go by in silence. @throws UsageError */
function requireUse(call: string, verb: Verb, args: readonly string[], flags: readonly string[]): void {
  const { usage, argumentsMin, argumentsMax = argumentsMin, options = [] } = verb;
  if (args.length < argumentsMin || args.length > argumentsMax)
    throw new UsageError(`Usage: npx onhand ${`${call} ${usage}`.trim()}. "--help" shows examples.`);
  const other = flags.find((flag) => !options.includes(flag));
  if (other === undefined) return;
  const taken = options.length === 0 ? "no options of its own" : options.map((flag) => `--${flag}`).join(", ");
  throw new UsageError(`--${other} is nothing to "onhand ${call}", which takes ${taken}. "--help" shows examples.`);
}

function helpOf<Flag extends string>({ name, about, verbs, flags, examples }: Noun<Flag>): string {
  const shapes = Object.entries<Verb>(verbs).map(
    ([verb, { usage, about: what }]) => [`${verb} ${usage}`.trim(), what] as const,
  );
  const width = Math.max(38, ...shapes.map(([shape]) => shape.length));
  const lines = shapes.map(([shape, what]) => `  ${shape.padEnd(width)} ${what}`);
  const options = Object.entries<string>(flags).map(([flag, what]) => `  ${`--${flag} VALUE`.padEnd(21)} ${what}`);
  return `Usage: onhand ${name} [VERB] [ARGUMENTS] [options]

${about}

Verbs${Object.hasOwn(verbs, "list") ? " (without one: list)" : ""}:
${lines.join("\n")}

Options:
${[...options, "  --json                whole answers as JSON", remoteHelp].join("\n")}

Examples:
${examples.map((example) => `  npx onhand ${example}`).join("\n")}`;
}
