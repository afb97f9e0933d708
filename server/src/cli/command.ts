/** What a command of the command line is. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** Shown by `--help`: usage, options and examples. */
  readonly help: string;
  /** @returns the exit code: 0 done, 1 failed, 2 wrong use */
  run(args: readonly string[]): Promise<number>;
}

/** The command line was used wrongly; the message says how it is used. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
