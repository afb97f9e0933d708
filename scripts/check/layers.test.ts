import { describe, expect, test } from "bun:test";
import { ENTRY_LAYERS, LAYERS } from "./layer-table.ts";
import { checkLayers } from "./layers.ts";
import { repositoryOf } from "./repository.ts";

/** The rules that a file with this text breaks. */
function broken(path: string, text: string): string[] {
  return checkLayers(repositoryOf({ [path]: text })).map(({ rule }) => rule);
}

describe("imports", () => {
  test.each([
    ["server/src/core/a.ts", "../lib/clock.ts", "core may not import lib"],
    ["server/src/core/a.ts", "@onhand/protocol/problems", "core may not import protocol except"],
    ["server/src/core/a.ts", "typebox", "core may not import the package typebox"],
    ["server/src/core/a.ts", "node:fs", "core may not import the package node:fs"],
    ["server/src/lib/a.ts", "../config/env.ts", "lib may not import config"],
    ["server/src/telemetry/a.ts", "../db/pool.ts", "telemetry may not import db"],
    ["server/src/db/a.ts", "../core/record/ids.ts", "db may not import core"],
    ["server/src/embedded/a.ts", "../config/env.ts", "embedded may not import config"],
    ["server/src/journal/a.ts", "../feed/reader.ts", "journal may not import feed"],
    ["server/src/writer/a.ts", "../commands/submit.ts", "writer may not import commands"],
    ["server/src/commands/a.ts", "../journal/append.ts", "commands may not import journal"],
    ["server/src/queries/a.ts", "../journal/append.ts", "queries may not import journal except"],
    ["server/src/queries/a.ts", "../feed/subscriber.ts", "queries may not import feed except"],
    ["server/src/feed/a.ts", "../writer/lane.ts", "feed may not import writer"],
    ["server/src/inbound/a.ts", "../db/pool.ts", "inbound may not import db"],
    ["server/src/host/a.ts", "../inbound/routes.ts", "host may not import inbound"],
    ["server/src/cli/a.ts", "../main.ts", "cli may not import main"],
    ["server/src/app.ts", "./cli/serve.ts", "app may not import cli"],
    ["server/src/inbound/a.ts", "../app.ts", "inbound may not import app"],
    ["server/src/writer/a.ts", "../../test/support/cluster.ts", "writer may not import server/test"],
    ["client/src/a.ts", "../../server/src/core/record/ids.ts", "client may not import core"],
    ["client/src/a.ts", "node:http", "client may not import the package node:http"],
    ["protocol/src/a.ts", "onhand/src/core/ids", "protocol may not import core"],
    ["protocol/src/a.ts", "zod", "protocol may not import the package zod"],
  ])("%s may not import %s", (path, specifier, rule) => {
    const [first] = broken(path, `import { it } from "${specifier}";`);
    expect(first).toStartWith(rule);
  });

  test.each([
    ["server/src/core/a.ts", "@onhand/protocol/vocabulary"],
    ["server/src/core/a.ts", "node:crypto"],
    ["server/src/core/a.ts", "./ids.ts"],
    ["server/src/writer/a.ts", "../telemetry/logger.ts"],
    ["server/src/queries/a.ts", "../feed/cursor.ts"],
    ["server/src/queries/a.ts", "../journal/journal-reader.ts"],
    ["server/src/inbound/rest/a.ts", "../../feed/poll.ts"],
    ["server/src/cli/serve.ts", "../app.ts"],
    ["server/src/main.ts", "./cli/serve.ts"],
    ["client/src/a.ts", "@onhand/protocol/problems"],
    ["bench/main.ts", "../server/src/app.ts"],
    ["server/src/feed/a.test.ts", "../writer/lane.ts"],
  ])("%s may import %s", (path, specifier) => {
    expect(broken(path, `import { it } from "${specifier}";`)).toEqual([]);
  });

  test("inbound may import types of core, and values only where they are plain facts", () => {
    const path = "server/src/inbound/a.ts";
    expect(broken(path, 'import type { Entry } from "../core/record/entry.ts";')).toEqual([]);
    expect(broken(path, 'import { type Entry } from "../core/record/entry.ts";')).toEqual([]);
    expect(broken(path, 'import { type Entry, noLevels } from "../core/record/entry.ts";')).toHaveLength(1);
    expect(broken(path, 'import { parseInventoryId } from "../core/record/ids.ts";')).toEqual([]);
  });

  test.each([
    'export { it } from "../db/pool.ts";',
    'export * from "../db/pool.ts";',
    'const it = await import("../db/pool.ts");',
    'type It = import("../db/pool.ts").Pool;',
    'import "../db/pool.ts";',
  ])("every way of importing counts: %s", (text) => {
    expect(broken("server/src/host/a.ts", text)).toHaveLength(1);
  });

  test("a finding carries the line and the reason", () => {
    const text = '\n\nimport { Pool } from "../db/pool.ts";';
    const [finding] = checkLayers(repositoryOf({ "server/src/host/a.ts": text }));
    expect(finding).toMatchObject({ path: "server/src/host/a.ts", line: 3 });
    expect(finding?.message).toContain("it serves the routes it is handed");
  });

  test("a folder that the table does not know is a finding", () => {
    expect(broken("server/src/helpers/a.ts", "")).toEqual(["every file has a layer"]);
  });

  test("the table names only layers that exist", () => {
    const names = LAYERS.map(({ name }) => name);
    const mentioned = LAYERS.flatMap(({ imports }) =>
      imports === "anything" ? [] : imports.map((each) => each.layer),
    );
    const entries = Object.entries(ENTRY_LAYERS).flat(2);
    expect([...mentioned, ...entries].filter((name) => !names.includes(name))).toEqual([]);
  });
});

describe("confinement", () => {
  test.each([
    ["server/src/journal/a.ts", 'import type { Pool } from "pg";', "pg only"],
    ["server/src/commands/a.ts", 'import type { Context } from "hono";', "hono only"],
    ["server/src/queries/a.ts", "const text = 'SELECT a FROM b';", "SQL only"],
    ["server/src/queries/a.ts", "const text = `UPDATE b\n SET a = 1`;", "SQL only"],
    ["server/src/queries/a.ts", "const text = `INSERT INTO b VALUES ($1)`;", "SQL only"],
    ["server/src/queries/a.ts", "const text = `DELETE FROM b`;", "SQL only"],
    ["server/src/lib/a.ts", "const port = process.env.PORT;", "process.env only"],
    ["server/src/lib/a.ts", "const { env } = process;", "process.env only"],
    ["server/src/lib/a.ts", 'import { env } from "node:process";', "process.env only"],
    ["server/src/lib/a.ts", "Bun.sleepSync(1);", "Bun only"],
    ["client/src/a.ts", "let server: Bun.Server;", "Bun only"],
    ["server/src/core/a.ts", "async function f() {}", "core is pure"],
    ["server/src/core/a.ts", "await 1;", "core is pure"],
    ["server/src/core/a.ts", "const f = (): Promise<void> => x;", "core is pure"],
    ["server/src/core/a.ts", "new Date();", "core is pure"],
    ["server/src/core/a.ts", "Math.random();", "core is pure"],
    ["server/src/core/a.ts", "performance.now();", "core is pure"],
    ["server/src/core/a.ts", "process.hrtime();", "core is pure"],
    ["server/src/core/a.ts", 'import { randomUUID } from "node:crypto";', "core is pure"],
  ])("%s: %s", (path, text, rule) => {
    const rules = broken(path, text);
    expect(rules).toHaveLength(1);
    expect(rules[0]).toStartWith(rule);
  });

  test.each([
    ["server/src/db/pool.ts", 'import pg from "pg"; const text = "SELECT a FROM b";'],
    ["server/src/journal/sql/append.ts", "export const text = `INSERT INTO b`;"],
    ["server/src/queries/a.ts", 'const text = "select one from the list, or delete it from there";'],
    ["server/src/config/env.ts", "const { PORT } = process.env;"],
    ["server/src/host/listen.ts", "Bun.serve({});"],
    ["server/src/core/a.ts", "const row = { Date: 1, process: 2 }; row.Date; row.process;"],
    ["server/src/core/a.ts", "// a Promise in a comment, and new Date() too"],
    ["scripts/a.ts", 'import pg from "pg"; process.env.X; Bun.sleep(1); "SELECT a FROM b";'],
  ])("fine in %s: %s", (path, text) => {
    expect(broken(path, text)).toEqual([]);
  });
});
