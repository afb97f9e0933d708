import { describe, expect, test } from "bun:test";
import { serveCommand } from "../cli/serve.ts";
import { ConfigError, readConfig, repositoryRoot } from "./config.ts";
import { flagOf, type Setting, type SettingName, settingsTable } from "./settings-table.ts";

const settings: readonly Setting[] = settingsTable;

/** Values that a setting refuses; null for those that take any text. */
const wrongValues: Record<SettingName, readonly string[] | null> = {
  PORT: ["-1", "65536", "http", "80.5", " 80", "0x50", "8e3"],
  HOST: null,
  DATABASE_URL: ["mysql://x/y", "localhost:5432", "postgresql:/x"],
  ONHAND_DATA_DIR: null,
  ONHAND_BOOTSTRAP_KEY: ["short", "x".repeat(15)],
  DEFAULT_CURRENCY: ["eur", "EURO", "€"],
  LOG_LEVEL: ["loud", "INFO", "trace"],
  ONHAND_PARTITIONS: ["0", "1024", "1.5", "many"],
  ONHAND_LANES: ["0", "65", "two"],
  ONHAND_POOL_MAX: ["1", "201", "-8"],
  ONHAND_QUEUE_ENTRIES_MAX: ["0", "10000001", "1k"],
  ONHAND_CACHE_ITEMS_MAX: ["999", "100000001"],
  ONHAND_RESULT_DAYS: ["6", "3651", "week"],
  ONHAND_CHECKPOINT_ENTRIES: ["9", "10000001", "often"],
  ONHAND_CHECKPOINT_HOURS: ["0", "8761", "1h"],
  ONHAND_CHECKPOINTS_KEPT: ["0", "10001", "all"],
  ONHAND_HOLD_UNITS_PER_BUYER_MAX: ["0", "1000000001", "many"],
  ONHAND_HOLD_PERCENT_PER_KEY_MAX: ["0", "101", "50%"],
  ONHAND_STREAMS_MAX: ["0", "1000001", "many"],
  ONHAND_DRAIN_SECONDS: ["0", "601", "10s"],
  ONHAND_ALLOW_UNSAFE_DATABASE: ["yes", "1", "TRUE"],
  ONHAND_WEBHOOK_PRIVATE_TARGETS: ["yes", "1", "TRUE"],
  ONHAND_FAILPOINT: ["anywhere", "before_lock:", "before_lock:x"],
};

function messageOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
  }
  throw new Error("the value was taken");
}

describe("a wrong value", () => {
  const wrong = Object.entries(wrongValues).flatMap(([name, values]) =>
    (values ?? []).map((value) => [name, value] as const),
  );

  test.each(wrong)("%s=%p names itself and says what it means", (name, value) => {
    const { meaning, isSecret } = settings.find((setting) => setting.name === name)!;
    const fromEnvironment = messageOf(() => readConfig({ [name]: value }));
    const fromFlag = messageOf(() => readConfig({}, { [flagOf(name)]: value }));
    expect(fromEnvironment).toStartWith(`${name}: `);
    expect(fromFlag).toStartWith(`${flagOf(name)}: `);
    for (const message of [fromEnvironment, fromFlag]) {
      expect(message).toContain(meaning);
      expect(message.includes(`"${value}"`)).toBe(isSecret !== true);
    }
  });

  test("each setting that refuses anything is tried", () => {
    const picky = settings.filter(({ kind, minLength }) => kind !== "text" || minLength !== undefined);
    for (const { name } of picky)
      expect({ name, tried: wrongValues[name as SettingName] !== null }).toEqual({ name, tried: true });
  });

  test("a flag that is no setting is named", () => {
    expect(messageOf(() => readConfig({}, { "--colour": "red" }))).toContain("--colour");
  });
});

describe("values", () => {
  test("without any, everything has its default", () => {
    expect(readConfig({})).toMatchObject({
      port: 8080,
      host: "127.0.0.1",
      databaseUrl: null,
      bootstrapKey: null,
      defaultCurrency: "EUR",
      partitionCount: 16,
      resultDays: 7,
      drainMsMax: 10_000,
      allowsUnsafeDatabase: false,
      allowsPrivateWebhookTargets: false,
      failpoint: null,
    });
    expect(readConfig({ PORT: "", LOG_LEVEL: "" })).toEqual(readConfig({}));
  });

  test("defaults are values that would be taken", () => {
    const given = Object.fromEntries(
      settings.flatMap(({ name, default: value }) => (value === null ? [] : [[name, value]])),
    );
    expect(readConfig(given)).toEqual(readConfig({}));
  });

  test("flags win over the environment", () => {
    expect(readConfig({ PORT: "1000" }, { "--port": "2000" }).port).toBe(2000);
    expect(readConfig({ PORT: "wrong" }, { "--port": "2000" }).port).toBe(2000);
  });

  test("a relative data folder lies under the repository, an absolute one where it says", () => {
    expect(readConfig({ ONHAND_DATA_DIR: "elsewhere" }).dataDir).toBe(`${repositoryRoot}elsewhere`);
    expect(readConfig({ ONHAND_DATA_DIR: "/var/onhand" }).dataDir).toBe("/var/onhand");
  });

  test.each(["postgres://u:p@h/d", "postgresql://h/d?host=x"])("%s is a database", (url) => {
    expect(readConfig({ DATABASE_URL: url }).databaseUrl).toBe(url);
  });
});

test("--help lists every setting with its flag, default and meaning", () => {
  for (const { name, default: value, meaning } of settings) {
    expect(serveCommand.help).toMatch(new RegExp(`${flagOf(name)} +${name}`));
    expect(serveCommand.help).toContain(meaning);
    if (value !== null) expect(serveCommand.help).toContain(`${name} (${value})`);
  }
});
