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

export interface Verb {
  /** Arguments in `--help`, e.g. `ID [LINE=QUANTITY …]`. */
  readonly usage: string;
  readonly about: string;
  /** Positional arguments it needs at least. */
  readonly argumentsMin: number;
  run(client: Client, args: readonly string[], flags: Flags): Promise<Shown>;
}

interface Noun {
  readonly name: string;
  readonly summary: string;
  readonly about: string;
  readonly verbs: Readonly<Record<string, Verb>>;
  /** Options of its own, with their lines in `--help`. */
  readonly flags: Readonly<Record<string, string>>;
  readonly examples: readonly string[];
}

/** @returns the command of a noun with its verbs */
export function nounCommand(noun: Noun): Command {
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
      if (rest.length < verb.argumentsMin)
        throw new UsageError(`Usage: npx onhand ${noun.name} ${name} ${verb.usage}. "--help" shows examples.`);
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

function helpOf({ name, about, verbs, flags, examples }: Noun): string {
  const shapes = Object.entries(verbs).map(
    ([verb, { usage, about: what }]) => [`${verb} ${usage}`.trim(), what] as const,
  );
  const width = Math.max(38, ...shapes.map(([shape]) => shape.length));
  const lines = shapes.map(([shape, what]) => `  ${shape.padEnd(width)} ${what}`);
  const options = Object.entries(flags).map(([flag, what]) => `  ${`--${flag} VALUE`.padEnd(21)} ${what}`);
  return `Usage: onhand ${name} [VERB] [ARGUMENTS] [options]

${about}

Verbs (without one: list):
${lines.join("\n")}

Options:
${[...options, "  --json                whole answers as JSON", remoteHelp].join("\n")}

Examples:
${examples.map((example) => `  npx onhand ${example}`).join("\n")}`;
}
