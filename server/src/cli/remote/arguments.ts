/** Arguments of the remote commands as people type them. */
import { UsageError } from "../command.ts";

const spanSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** `15m` → 900. @throws UsageError */
export function secondsOf(span: string): number {
  const found = /^(\d{1,6})([smhd]?)$/.exec(span);
  if (found === null) throw new UsageError(`A time is a number with s, m, h or d, for example 15m, not "${span}".`);
  return Number(found[1]) * spanSeconds[found[2] === "" ? "s" : found[2]!]!;
}

/** `NAME=NUMBER` pairs, e.g. `BEIGE-30=4`. @throws UsageError */
export function quantitiesOf(args: readonly string[]): { name: string; quantity: number }[] {
  return args.map((argument) => {
    const found = /^(.+)=(\d{1,16})$/.exec(argument);
    if (found === null) throw new UsageError(`Write NAME=QUANTITY, for example BEIGE-30=4, not "${argument}".`);
    return { name: found[1]!, quantity: Number(found[2]) };
  });
}

/** `LINE=QUANTITY` pairs or bare line numbers; undefined for none, which means all. @throws UsageError */
export function linesOf(args: readonly string[]): { line: number; quantity?: number }[] | undefined {
  if (args.length === 0) return undefined;
  return args.map((argument) => {
    const found = /^(\d{1,4})(?:=(\d{1,16}))?$/.exec(argument);
    if (found === null) throw new UsageError(`Name lines by number, for example 1 or 1=3, not "${argument}".`);
    return { line: Number(found[1]), ...(found[2] === undefined ? {} : { quantity: Number(found[2]) }) };
  });
}

/** `yes` or `no`, and no when it is not given. @throws UsageError for anything else */
export function isYes(flag: string, value: string | undefined): boolean {
  if (value === undefined || value === "no") return false;
  if (value === "yes") return true;
  throw new UsageError(`--${flag} is yes or no, not "${value}".`);
}

/** @returns the fields that were given, without those that are undefined */
export const given = <Fields extends object>(
  fields: Fields,
): { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
