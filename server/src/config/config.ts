/** Turns environment and flags into a configuration, or says which setting is wrong. */
import { isAbsolute, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { flagOf, type Setting, type SettingName, settingsTable } from "./settings-table.ts";

export interface Config {
  readonly port: number;
  readonly host: string;
  readonly databaseUrl: string | null;
  /** Absolute. */
  readonly dataDir: string;
  readonly bootstrapKey: string | null;
  readonly defaultCurrency: string;
  readonly logLevel: string;
  readonly partitionCount: number;
  readonly laneCount: number;
  readonly poolConnectionsMax: number;
  readonly queueEntriesMax: number;
  readonly cacheItemsMax: number;
  readonly resultDays: number;
  /** A checkpoint is due after so many entries of a partition, or so many hours. */
  readonly checkpointEntries: number;
  readonly checkpointHours: number;
  /** Checkpoints of a partition that keep their levels. */
  readonly checkpointsKept: number;
  /** Units of a product that one buyer may hold; null for no limit. */
  readonly holdUnitsPerBuyerMax: number | null;
  /** Percent of what is on hand of an item that one key may hold; null for no limit. */
  readonly holdPercentPerKeyMax: number | null;
  readonly streamsMax: number;
  readonly drainMsMax: number;
  readonly allowsUnsafeDatabase: boolean;
  readonly allowsPrivateWebhookTargets: boolean;
  readonly failpoint: string | null;
}

/** A setting has a value that it cannot have; the message names it and says what it takes. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** Relative data folders lie here, whatever the current folder is. */
export const repositoryRoot = fileURLToPath(new URL("../../../", import.meta.url));

type Raw = Readonly<Record<SettingName, string | null>>;

/**
 * @param environment names and values as in the process environment
 * @param flags values by flag, e.g. `{ "--port": "9000" }`; they win over the environment
 * @throws ConfigError
 */
export function readConfig(
  environment: Readonly<Record<string, string | undefined>>,
  flags: Readonly<Record<string, string>> = {},
): Config {
  const unknown = Object.keys(flags).find((flag) => !settingsTable.some((setting) => flagOf(setting.name) === flag));
  if (unknown !== undefined)
    throw new ConfigError(`There is no setting ${unknown}. "npx onhand serve --help" lists them.`);
  const raw = Object.fromEntries(
    settingsTable.map((setting) => [setting.name, settingValue(setting, environment, flags)]),
  ) as Raw;
  const dataDir = raw.ONHAND_DATA_DIR!;
  return {
    port: Number(raw.PORT),
    host: raw.HOST!,
    databaseUrl: raw.DATABASE_URL,
    dataDir: isAbsolute(dataDir) ? dataDir : resolve(repositoryRoot, dataDir),
    bootstrapKey: raw.ONHAND_BOOTSTRAP_KEY,
    defaultCurrency: raw.DEFAULT_CURRENCY!,
    logLevel: raw.LOG_LEVEL!,
    partitionCount: Number(raw.ONHAND_PARTITIONS),
    laneCount: Number(raw.ONHAND_LANES),
    poolConnectionsMax: Number(raw.ONHAND_POOL_MAX),
    queueEntriesMax: Number(raw.ONHAND_QUEUE_ENTRIES_MAX),
    cacheItemsMax: Number(raw.ONHAND_CACHE_ITEMS_MAX),
    resultDays: Number(raw.ONHAND_RESULT_DAYS),
    checkpointEntries: Number(raw.ONHAND_CHECKPOINT_ENTRIES),
    checkpointHours: Number(raw.ONHAND_CHECKPOINT_HOURS),
    checkpointsKept: Number(raw.ONHAND_CHECKPOINTS_KEPT),
    holdUnitsPerBuyerMax: numberOrNull(raw.ONHAND_HOLD_UNITS_PER_BUYER_MAX),
    holdPercentPerKeyMax: numberOrNull(raw.ONHAND_HOLD_PERCENT_PER_KEY_MAX),
    streamsMax: Number(raw.ONHAND_STREAMS_MAX),
    drainMsMax: Number(raw.ONHAND_DRAIN_SECONDS) * 1000,
    allowsUnsafeDatabase: raw.ONHAND_ALLOW_UNSAFE_DATABASE === "true",
    allowsPrivateWebhookTargets: raw.ONHAND_WEBHOOK_PRIVATE_TARGETS === "true",
    failpoint: raw.ONHAND_FAILPOINT,
  };
}

const numberOrNull = (text: string | null): number | null => (text === null ? null : Number(text));

function settingValue(
  setting: Setting,
  environment: Readonly<Record<string, string | undefined>>,
  flags: Readonly<Record<string, string>>,
): string | null {
  const flag = flagOf(setting.name);
  const fromFlag = flags[flag];
  const given = fromFlag ?? environment[setting.name];
  if (given === undefined || given === "") return setting.default;
  const fault = faultOf(setting, given);
  if (fault === null) return given;
  const shown = setting.isSecret === true ? "its value" : `"${given}"`;
  throw new ConfigError(
    `${fromFlag === undefined ? setting.name : flag}: ${shown} ${fault}. It means: ${setting.meaning}`,
  );
}

function faultOf(setting: Setting, value: string): string | null {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = setting;
  if (setting.kind === "integer" && !(/^-?\d+$/.test(value) && Number(value) >= min && Number(value) <= max))
    return `is not a whole number from ${min} to ${max}`;
  if (setting.kind === "boolean" && value !== "true" && value !== "false") return "is neither true nor false";
  if (setting.kind === "choice" && !setting.choices!.includes(value))
    return `is none of ${setting.choices!.join(", ")}`;
  if (setting.minLength !== undefined && value.length < setting.minLength)
    return `is shorter than ${setting.minLength} characters`;
  if (setting.name === "DEFAULT_CURRENCY" && !/^[A-Z]{3}$/.test(value)) return "is no ISO 4217 code such as EUR";
  if (
    setting.name === "ONHAND_FAILPOINT" &&
    !/^(before_lock|after_insert|before_commit|after_commit)(:\d+)?$/.test(value)
  )
    return "is no failpoint";
  if (setting.name === "DATABASE_URL" && !/^postgres(ql)?:\/\//.test(value)) return "is no postgresql:// URL";
  return null;
}
