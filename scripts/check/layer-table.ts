/**
 * Who may import whom, as data. Commands flow down (inbound, commands, writer, journal), committed entries flow out
 * (journal, feed); neither side imports the other. They meet in the database, and where `assembly` hands to the feed what
 * was committed. `layers.ts` reads this table.
 */

/** What a layer may import of another one: everything, some of its files, or only its types. */
export interface Allowed {
  readonly layer: string;
  readonly files?: readonly string[];
  readonly typesOnly?: true;
}

export interface Layer {
  readonly name: string;
  readonly files: readonly string[];
  /** Layers of ours it may import besides itself, or "anything" but what `importedByNobody` names. */
  readonly imports: readonly Allowed[] | "anything";
  /** Packages of others it may import; left out where any will do. */
  readonly packages?: readonly string[];
  readonly reason: string;
}

const all = (...names: string[]): Allowed[] => names.map((layer) => ({ layer }));
const types = (layer: string): Allowed => ({ layer, typesOnly: true });

/** What ids, entries and limits mean: pure, and the same for whoever shows them. */
const PURE_FACTS = {
  layer: "core",
  files: [
    "server/src/core/record/ids.ts",
    "server/src/core/limits.ts",
    "server/src/core/evolve.ts",
    "server/src/core/record/entry-detail.ts",
    "server/src/core/orders/order.ts",
  ],
};

/** The words stored in the journal: plain constants that any layer may share. */
const VOCABULARY = { layer: "protocol", files: ["protocol/src/vocabulary.ts"] };

/** Work that one server does at a time. */
const DUTY = { layer: "channels", files: ["server/src/channels/duty.ts"] };

/** What every layer but the lowest may lean on. */
const FOUNDATION = all("lib", "config", "telemetry");

const server = (
  name: string,
  imports: readonly Allowed[] | "anything",
  reason: string,
  packages?: readonly string[],
): Layer => ({ name, files: [`server/src/${name}/**`], imports, reason, ...(packages && { packages }) });

/** The places where everything is wired together or tried out. */
const ASSEMBLY: readonly Layer[] = [
  {
    name: "app",
    files: ["server/src/app.ts", "server/src/assembly/**"],
    imports: "anything",
    reason: "the one place that wires all layers together",
  },
  server("cli", "anything", "each command puts together what it needs"),
  { name: "main", files: ["server/src/main.ts", "server/bin/**"], imports: "anything", reason: "the process entry" },
  { name: "server/test", files: ["server/test/**"], imports: "anything", reason: "what the tests of the server share" },
  { name: "client/test", files: ["client/test/**"], imports: "anything", reason: "what the tests of the client share" },
  {
    name: "scripts, bench and demo",
    files: ["scripts/**", "bench/**", "demo/**", "examples/**"],
    imports: "anything",
    reason: "tools look at everything; nothing that ships may need them",
  },
];

/** First match wins, so a narrower pattern must stand above a wider one. */
export const LAYERS: readonly Layer[] = [
  {
    name: "protocol",
    files: ["protocol/src/**"],
    imports: [],
    packages: ["typebox"],
    reason: "what crosses a wire must load in a browser and depend on nothing that can change behind it",
  },
  {
    name: "client file store",
    files: ["client/src/file-store.ts", "client/src/file-store/**"],
    imports: all("protocol", "client"),
    packages: ["node:crypto", "node:fs/promises", "node:path", "node:timers/promises"],
    reason: "the one part of the SDK that needs files, an entry of its own so that browsers never load it",
  },
  {
    name: "client",
    files: ["client/src/**"],
    imports: all("protocol"),
    packages: [],
    reason: "the SDK runs in any JavaScript runtime and knows the server only by its contract",
  },
  server(
    "core",
    [VOCABULARY],
    "decisions are pure and synchronous, so that they can be replayed; all they need comes in as arguments",
    ["node:crypto"],
  ),
  server("lib", [], "general mechanisms; it knows no word of the domain"),
  server("config", all("lib"), "settings are read before anything else exists"),
  server("telemetry", all("lib", "config"), "everyone reports to it, so it can need hardly anyone"),
  server("db", FOUNDATION, "connections and transactions; it does not know what is stored"),
  server("embedded", all("lib"), "starts a PostgreSQL and knows nothing of who will use it"),
  server("auth", [...FOUNDATION, ...all("db", "protocol")], "who is asking is settled before what is asked"),
  server(
    "registry",
    [...FOUNDATION, ...all("db", "auth", "protocol", "core")],
    "plain records beside the journal: API keys and facts about the installation",
  ),
  server(
    "journal",
    [...FOUNDATION, ...all("core", "db"), VOCABULARY],
    "the truth depends on nothing that only uses it",
  ),
  server(
    "writer",
    [...FOUNDATION, ...all("core", "journal", "db"), VOCABULARY],
    "it turns commands into committed entries, whoever sent them and in whatever format",
  ),
  server(
    "commands",
    [...FOUNDATION, ...all("core", "writer", "auth", "protocol")],
    "an authorised intent reaches the journal only through the writer, and knows nothing of HTTP",
  ),
  server(
    "queries",
    [
      ...FOUNDATION,
      ...all("db", "auth", "protocol", "core"),
      { layer: "feed", files: ["server/src/feed/cursor*.ts"] },
      { layer: "journal", files: ["server/src/journal/*reader*.ts"] },
    ],
    "reads only: of the feed the cursor an answer carries, of the journal its reader",
  ),
  server(
    "feed",
    [...FOUNDATION, ...all("journal", "db", "core"), VOCABULARY],
    "it follows what was committed; reaching into the write side could show what never was",
  ),
  server(
    "webhooks",
    [...FOUNDATION, ...all("feed", "registry", "journal", "db", "core", "protocol")],
    "it follows the feed as any reader does, and sends; nobody who decides or commits waits for it",
  ),
  server(
    "projections",
    [...FOUNDATION, ...all("feed", "journal", "db", "core"), VOCABULARY],
    "it builds tables from what was committed; what reached past the journal could never be built again",
  ),
  server(
    "reviews",
    [...FOUNDATION, ...all("projections", "registry", "db", "core", "protocol")],
    "a list made from the journal, and what somebody said of its rows",
  ),
  server(
    "unusual",
    [...FOUNDATION, ...all("projections", "db", "core"), VOCABULARY],
    "it reads what was committed and has commands sent for it by whoever it is handed",
  ),
  server(
    "counts",
    [...FOUNDATION, ...all("commands", "registry", "auth", "journal", "db", "core", "protocol")],
    "working papers beside the journal, which reach it only as commands; what moved since is read back in it",
  ),
  server(
    "intake",
    [...FOUNDATION, ...all("commands", "registry", "auth", "db", "core", "writer", "protocol")],
    "the one door behind which lines from outside become commands, whoever brings them",
  ),
  server(
    "mappings",
    [...FOUNDATION, ...all("intake", "sources", "commands", "registry", "db", "protocol"), types("core")],
    "it makes lines of what platforms send; what becomes of them is not its business",
  ),
  server(
    "sources",
    [...FOUNDATION, ...all("intake", "commands", "registry", "auth", "db", "core", "protocol"), DUTY],
    "records of who speaks, beside the journal, which hears of them by commands",
  ),
  server(
    "devices",
    [...FOUNDATION, ...all("intake", "sources", "commands", "registry", "auth", "db", "core", "protocol"), DUTY],
    "it puts the logs of devices in order and hands their lines to the intake",
  ),
  server(
    "reconciliation",
    [
      ...FOUNDATION,
      ...all("intake", "sources", "commands", "registry", "auth", "journal", "db", "core", "protocol"),
      DUTY,
    ],
    "it compares what is written down in several places, and corrects only by commands",
  ),
  server(
    "history",
    [...FOUNDATION, ...all("projections", "registry", "db", "core", "protocol")],
    "tables built from the journal, and what is asked of them",
  ),
  server(
    "checkpoints",
    [...FOUNDATION, ...all("commands", "registry", "journal", "feed", "db", "core", "protocol"), DUTY],
    "it writes down where the journal stood, and reads what was at a moment from there",
  ),
  server(
    "consolidated",
    [...FOUNDATION, ...all("projections", "db", "core"), VOCABULARY],
    "reads over many items: sums, with where they come from",
  ),
  server(
    "jobs",
    [...FOUNDATION, ...all("commands", "registry", "auth", "db", "core", "protocol"), DUTY],
    "work that outlives its request, kept beside the journal",
  ),
  server(
    "jobs",
    [...FOUNDATION, ...all("registry", "db", "protocol")],
    "rows that wait and what came of them; how they are applied is handed in by whoever knows",
  ),
  server(
    "channels",
    [
      ...FOUNDATION,
      ...all("commands", "db", "core"),
      { layer: "journal", files: ["server/src/journal/past-writers.ts"] },
      VOCABULARY,
    ],
    "it looks after numbers in the background and changes them as any caller would, by commands; of the journal it needs to know when groups under way have ended",
  ),
  server(
    "checkpoints",
    [
      ...FOUNDATION,
      ...all("db", "core"),
      { layer: "journal", files: ["server/src/journal/checkpoint-reader.ts"] },
      { layer: "channels", files: ["server/src/channels/duty.ts"] },
      VOCABULARY,
    ],
    "it writes down what is there and has the journal told of it by whoever it is handed; of channels only the lease of a duty",
  ),
  server(
    "expiry",
    [...FOUNDATION, ...all("commands", "db", "core"), VOCABULARY],
    "it looks for what is due and has it released as any caller would, by commands",
  ),
  server(
    "inbound",
    [
      ...FOUNDATION,
      ...all(
        "commands",
        "queries",
        "registry",
        "feed",
        "webhooks",
        "counts",
        "reviews",
        "jobs",
        "auth",
        "protocol",
        "host",
      ),
      ...all(
        "intake",
        "mappings",
        "sources",
        "devices",
        "reconciliation",
        "history",
        "checkpoints",
        "consolidated",
        "jobs",
      ),
      types("core"),
      PURE_FACTS,
    ],
    "parse, authorise, pass on: a route that reaches past commands and queries would escape their rules",
  ),
  server("host", [...FOUNDATION, ...all("auth", "protocol")], "it serves the routes it is handed, whatever they do"),
  ...ASSEMBLY,
];

/** Entry points: only those named here may import them, and tests. */
export const ENTRY_LAYERS: Readonly<Record<string, readonly string[]>> = {
  app: ["main", "cli", "server/test", "scripts, bench and demo"],
  cli: ["main", "server/test", "scripts, bench and demo"],
  main: ["server/test", "scripts, bench and demo"],
  "server/test": ["scripts, bench and demo"],
  "client/test": [],
  "scripts, bench and demo": [],
};

/** Workspace packages and where their names lead. */
export const PACKAGES: Readonly<Record<string, { readonly root: string; readonly entry?: string }>> = {
  "@onhand/protocol": { root: "protocol/src" },
  "@onhand/client": { root: "client/src", entry: "client/src/index.ts" },
  onhand: { root: "server" },
};

/** All code under these folders must belong to a layer. */
export const LAYERED_FOLDERS = ["protocol/**", "server/**", "client/**"];
