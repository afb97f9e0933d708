export type EmbeddedPostgresErrorCode =
  | "account_unusable"
  | "binaries_unusable"
  | "data_folder_damaged"
  | "data_folder_in_use"
  | "data_folder_unreachable"
  | "leftover_server"
  | "platform_unsupported"
  | "settings_invalid"
  | "start_failed"
  | "stop_failed"
  | "version_mismatch";

/** The embedded database cannot be used. The message says what happened and what to do about it. */
export class EmbeddedPostgresError extends Error {
  override readonly name: string = "EmbeddedPostgresError";
  readonly code: EmbeddedPostgresErrorCode;

  constructor(code: EmbeddedPostgresErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Another living process owns the data folder. */
export class DataFolderInUseError extends EmbeddedPostgresError {
  override readonly name = "DataFolderInUseError";
  readonly dataDir: string;
  readonly pid: number;
  readonly holder: string;

  constructor(owner: { dataDir: string; pid: number; holder: string; startedAt: string; here: boolean }) {
    const who = `"${owner.holder}", process ${owner.pid}${owner.here ? "" : " of another machine or container"}`;
    const stop = owner.here ? `stop it (kill ${owner.pid})` : "stop it there";
    super(
      "data_folder_in_use",
      `The data folder ${owner.dataDir} is in use by ${who}, since ${owner.startedAt}. ` +
        `Look at it with "npx onhand doctor", ${stop}, or give this process a folder of its own with ONHAND_DATA_DIR.`,
    );
    this.dataDir = owner.dataDir;
    this.pid = owner.pid;
    this.holder = owner.holder;
  }
}

/** The `code` of a failed system call such as "ENOENT", or undefined for anything else. */
export function systemCode(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
