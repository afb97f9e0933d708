/** Every setting: name, type, default and meaning. Environment, flags, `--help` and the documentation come from here. */
export interface Setting {
  /** Name in the environment; the flag is its lower-case form without `ONHAND_`. */
  readonly name: string;
  readonly kind: "text" | "integer" | "boolean" | "choice";
  readonly default: string | null;
  readonly min?: number;
  readonly max?: number;
  readonly choices?: readonly string[];
  readonly minLength?: number;
  /** Never printed. */
  readonly isSecret?: boolean;
  readonly meaning: string;
}

export const settingsTable = [
  {
    name: "PORT",
    kind: "integer",
    default: "8080",
    min: 0,
    max: 65535,
    meaning: "Port to listen on; 0 takes a free one.",
  },
  { name: "HOST", kind: "text", default: "127.0.0.1", meaning: "Address to listen on; 0.0.0.0 for every network." },
  {
    name: "DATABASE_URL",
    kind: "text",
    default: null,
    isSecret: true,
    meaning: "PostgreSQL 15 or newer. Without it the embedded PostgreSQL runs in the data folder.",
  },
  {
    name: "ONHAND_DATA_DIR",
    kind: "text",
    default: "data",
    meaning: "Folder of the embedded PostgreSQL; a relative one lies under the repository root.",
  },
  {
    name: "ONHAND_BOOTSTRAP_KEY",
    kind: "text",
    default: null,
    minLength: 16,
    isSecret: true,
    meaning: "First admin key. Without it one is made at the first start and printed once.",
  },
  {
    name: "DEFAULT_CURRENCY",
    kind: "text",
    default: "EUR",
    meaning: "Currency of products that name none (ISO 4217).",
  },
  {
    name: "LOG_LEVEL",
    kind: "choice",
    default: "info",
    choices: ["debug", "info", "warn", "error", "silent"],
    meaning: "Least severe lines to log; `debug` logs every request.",
  },
  {
    name: "ONHAND_PARTITIONS",
    kind: "integer",
    default: "16",
    min: 1,
    max: 1023,
    meaning: "Partitions of a new installation; fixed from then on.",
  },
  {
    name: "ONHAND_LANES",
    kind: "integer",
    default: "1",
    min: 1,
    max: 64,
    meaning:
      "Connections that write, each with its share of the partitions. One makes the largest groups; on two cores a second one made bulk requests faster and single ones slower.",
  },
  { name: "ONHAND_POOL_MAX", kind: "integer", default: "8", min: 2, max: 200, meaning: "Connections that read." },
  {
    name: "ONHAND_QUEUE_ENTRIES_MAX",
    kind: "integer",
    default: "50000",
    min: 1,
    max: 10_000_000,
    meaning: "Changes that may wait for the writer before new ones are refused with 503.",
  },
  {
    name: "ONHAND_CACHE_ITEMS_MAX",
    kind: "integer",
    default: "1000000",
    min: 1000,
    max: 100_000_000,
    meaning: "Items whose levels the writer keeps in memory.",
  },
  {
    name: "ONHAND_RESULT_DAYS",
    kind: "integer",
    default: "7",
    min: 7,
    max: 3650,
    meaning: "Days for which the outcome of an idempotency key is kept.",
  },
  {
    name: "ONHAND_CHECKPOINT_ENTRIES",
    kind: "integer",
    default: "25000",
    min: 10,
    max: 10_000_000,
    meaning:
      "Entries of a partition after which its levels are written down anew, as a place where checks and reads of past moments begin.",
  },
  {
    name: "ONHAND_CHECKPOINT_HOURS",
    kind: "integer",
    default: "24",
    min: 1,
    max: 8760,
    meaning: "Hours after which they are written down anew when fewer entries came; never when none did.",
  },
  {
    name: "ONHAND_CHECKPOINTS_KEPT",
    kind: "integer",
    default: "30",
    min: 1,
    max: 10_000,
    meaning: "Checkpoints of a partition that keep their levels; of older ones only the place stays.",
  },
  {
    name: "ONHAND_HOLD_UNITS_PER_BUYER_MAX",
    kind: "integer",
    default: null,
    min: 1,
    max: 1_000_000_000,
    meaning: "Units of a product that one buyer may hold in reservations at a time; no limit without it.",
  },
  {
    name: "ONHAND_HOLD_PERCENT_PER_KEY_MAX",
    kind: "integer",
    default: null,
    min: 1,
    max: 100,
    meaning:
      "Percent of what is on hand of an item that one API key may hold in reservations at a time; no limit without it.",
  },
  {
    name: "ONHAND_STREAMS_MAX",
    kind: "integer",
    default: "10000",
    min: 1,
    max: 1_000_000,
    meaning: "Streams of changes (server-sent events and WebSockets) that may be open; more are turned away.",
  },
  {
    name: "ONHAND_DRAIN_SECONDS",
    kind: "integer",
    default: "10",
    min: 1,
    max: 600,
    meaning: "How long a stopping server may take to finish what it accepted.",
  },
  {
    name: "ONHAND_ALLOW_UNSAFE_DATABASE",
    kind: "boolean",
    default: "false",
    meaning: "Start even on a database that may lose acknowledged changes (fsync and the like off).",
  },
  {
    name: "ONHAND_WEBHOOK_PRIVATE_TARGETS",
    kind: "boolean",
    default: "false",
    meaning:
      "Send webhooks to private and loopback addresses and over plain http too. Whoever may create subscriptions can then reach what this server reaches.",
  },
  {
    name: "ONHAND_FAILPOINT",
    kind: "text",
    default: null,
    meaning:
      "For crash tests: the server kills itself where named (before_lock, after_insert, before_commit, after_commit), at the n-th time with `name:n`.",
  },
] as const satisfies readonly Setting[];

export type SettingName = (typeof settingsTable)[number]["name"];

/** `ONHAND_DATA_DIR` → `--data-dir`. */
export const flagOf = (name: string): string =>
  `--${name
    .replace(/^ONHAND_/, "")
    .toLowerCase()
    .replaceAll("_", "-")}`;
