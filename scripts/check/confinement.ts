/**
 * Things that may appear only in certain places, as data: each rule names the thing, where it belongs and why.
 * A rule concerns `within` minus `allowed`; tests and tools are exempt unless a rule says otherwise.
 */
import { type Finding, isTest, matchesAny } from "./repository.ts";
import { isMember, isReference, nodeAt, nodesAt, type Source, type SyntaxNode, walk } from "./source.ts";

/** An occurrence: where it starts and how to call it. */
interface Use {
  readonly line: number;
  readonly what: string;
}

interface Confinement {
  readonly rule: string;
  readonly reason: string;
  readonly within: readonly string[];
  readonly allowed: readonly string[];
  readonly find: (source: Source) => Use[];
}

const SHIPPED = ["server/src/**", "client/src/**", "protocol/src/**"];
const CORE = ["server/src/core/**"];

/** Reaching for one of these makes a decision depend on something other than its arguments. */
const IMPURE = new Set(["Promise", "Date", "performance", "process", "crypto", "setTimeout", "setInterval", "fetch"]);

const CONFINEMENTS: readonly Confinement[] = [
  {
    rule: "pg only in db and embedded",
    reason: "connections, time-outs and retries are decided in one place; others are handed a connection by db",
    within: SHIPPED,
    allowed: ["server/src/db/**", "server/src/embedded/**"],
    find: (source) => findPackages(source, ["pg"]),
  },
  {
    rule: "hono only in inbound, host and app",
    reason: "what HTTP looks like must not shape commands, queries or the journal",
    within: SHIPPED,
    allowed: ["server/src/inbound/**", "server/src/host/**", "server/src/app.ts"],
    find: (source) => findPackages(source, ["hono"]),
  },
  {
    rule: "SQL only in sql/ folders, db and embedded",
    reason: "every statement can then be found, reviewed and explained by the database in one place",
    within: SHIPPED,
    allowed: ["**/sql/**", "server/src/db/**", "server/src/embedded/**"],
    find: findSql,
  },
  {
    rule: "process.env only in config/env",
    reason: "a setting read elsewhere has no documentation, no default and no validation",
    within: SHIPPED,
    allowed: ["server/src/config/env.ts"],
    find: findEnvironment,
  },
  {
    rule: "Bun only in host and main",
    reason: "all else runs on Node too, and in the case of the client in browsers",
    within: SHIPPED,
    allowed: ["server/src/host/**", "server/src/main.ts"],
    find: (source) => [...findNames(source, new Set(["Bun"])), ...findPackages(source, ["bun"])],
  },
  {
    rule: "core is pure and synchronous",
    reason: "a decision that looks at anything but its arguments cannot be replayed, simulated or trusted",
    within: CORE,
    allowed: [],
    find: (source) => [...findNames(source, IMPURE), ...findAsync(source), ...findRandom(source)],
  },
];

/** All uses in this file of something that belongs elsewhere. */
export function findConfined(source: Source): Finding[] {
  if (isTest(source.path)) return [];
  return CONFINEMENTS.filter(({ within, allowed }) => {
    return matchesAny(source.path, within) && !matchesAny(source.path, allowed);
  }).flatMap(({ rule, reason, find }) => {
    return find(source).map(({ line, what }) => ({ path: source.path, line, rule, message: `${what}: ${reason}` }));
  });
}

function findPackages(source: Source, names: readonly string[]): Use[] {
  const isOneOf = (specifier: string) => names.some((name) => specifier === name || specifier.startsWith(`${name}/`));
  const found = source.imports.filter(({ specifier }) => isOneOf(specifier));
  return found.map(({ line, specifier }) => ({ line, what: `imports ${specifier}` }));
}

/** Statements are written in capitals here, so prose such as "select one from the list" does not match. */
const SQL = /\bSELECT\b[\s\S]*\bFROM\b|\bINSERT\s+INTO\b|\bUPDATE\s+[\s\S]*\bSET\b|\bDELETE\s+FROM\b/;

function findSql(source: Source): Use[] {
  return collect(source, (node) => {
    const isText = node.type === "TemplateLiteral" || (node.type === "Literal" && typeof node.value === "string");
    return isText && SQL.test(source.text.slice(node.start, node.end)) ? "SQL text" : undefined;
  });
}

function findEnvironment(source: Source): Use[] {
  const imported = source.imports
    .filter(({ specifier, names }) => /^(node:)?process$/.test(specifier) && names.includes("env"))
    .map(({ line }) => ({ line, what: "imports env" }));
  const used = collect(source, (node) => {
    const init = node.type === "VariableDeclarator" ? nodeAt(node, "init") : undefined;
    const pattern = init?.name === "process" ? nodeAt(node, "id") : undefined;
    const taken = pattern ? nodesAt(pattern, "properties").map((each) => nodeAt(each, "key")?.name) : [];
    const isRead = ["process", "Bun"].some((object) => isMember(node, object, "env"));
    return isRead || taken.includes("env") ? "reads the environment" : undefined;
  });
  return [...imported, ...used];
}

function findNames(source: Source, names: ReadonlySet<string>): Use[] {
  return collect(source, (node, parent) => {
    const name = node.name;
    return typeof name === "string" && names.has(name) && isReference(node, parent) ? name : undefined;
  });
}

function findAsync(source: Source): Use[] {
  return collect(source, (node) => {
    if (node.type === "AwaitExpression" || node.await === true) return "await";
    return node.async === true ? "async" : undefined;
  });
}

function findRandom(source: Source): Use[] {
  const imported = source.imports
    .filter(({ names }) => names.some((name) => name.startsWith("random")))
    .map(({ line }) => ({ line, what: "imports a source of randomness" }));
  const used = collect(source, (node) => (isMember(node, "Math", "random") ? "Math.random" : undefined));
  return [...imported, ...used];
}

type Judge = (node: SyntaxNode, parent: SyntaxNode | undefined) => string | undefined;

function collect(source: Source, judge: Judge): Use[] {
  const uses: Use[] = [];
  walk(source.program, (node, ancestors) => {
    const what = judge(node, ancestors.at(-1));
    if (what !== undefined) uses.push({ line: source.lineAt(node.start), what });
  });
  return uses;
}
