/** Takes the flags that are settings out of a command line. */
import { type Config, readConfig } from "../config/config.ts";
import { environment } from "../config/env.ts";
import { flagOf, settingsTable } from "../config/settings-table.ts";
import { UsageError } from "./command.ts";

/** @returns the configuration, and the arguments that are no settings @throws ConfigError, UsageError */
export function readSettings(args: readonly string[]): { config: Config; rest: string[] } {
  const flags: Record<string, string> = {};
  const rest: string[] = [];
  const known = new Set(settingsTable.map((setting) => flagOf(setting.name)));
  for (let index = 0; index < args.length; index++) {
    const argument = args[index]!;
    const [name, inline] = argument.split(/=(.*)/s, 2) as [string, string | undefined];
    if (!known.has(name)) rest.push(argument);
    else {
      const value = inline ?? args[++index];
      if (value === undefined) throw new UsageError(`${name} needs a value, for example ${name}=…`);
      flags[name] = value;
    }
  }
  return { config: readConfig(environment(), flags), rest };
}

/** The settings as lines for `--help`. */
export function settingsHelp(): string {
  return settingsTable
    .map(
      (setting) =>
        `  ${flagOf(setting.name).padEnd(28)} ${setting.name}${setting.default === null ? "" : ` (${setting.default})`}\n${" ".repeat(31)}${setting.meaning}`,
    )
    .join("\n");
}
