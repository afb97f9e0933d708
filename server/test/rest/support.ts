/**
 * A server in this process on a database of its own, and callers of each role. Every answer that passes through here is
 * held against what the protocol promises, so each test also checks the form of whatever it asks for.
 */
import { expect } from "bun:test";
import { openApiDocument } from "@onhand/protocol/openapi";
import { type Operation, type OperationId, operations } from "@onhand/protocol/operations";
import { type ProblemCode, problemKinds, problemTypePrefix } from "@onhand/protocol/problems";
import type { InventoryItem } from "@onhand/protocol/resources";
import type { Role } from "@onhand/protocol/vocabulary";
import { type App, startApp } from "../../src/app.ts";
import { readConfig } from "../../src/config/config.ts";
import { Check } from "../../src/host/validation.ts";
import type { Clock } from "../../src/lib/clock.ts";
import { createKey, ensureBootstrapKey } from "../../src/registry/key-registry.ts";
import { createLogger, type Logger } from "../../src/telemetry/logger.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers field by field and check what they find
export type Json = any;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Parsed when it is JSON, else null. */
  readonly body: Json;
}

export interface Sending {
  /** Sent as JSON; text and bytes are sent as they are. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

type Call = (path: string, body?: unknown, headers?: Readonly<Record<string, string>>) => Promise<Answer>;

/** Somebody with a key, or without. */
export interface Caller {
  readonly get: (path: string, headers?: Readonly<Record<string, string>>) => Promise<Answer>;
  readonly post: Call;
  readonly put: Call;
  readonly patch: Call;
  readonly delete: (path: string, headers?: Readonly<Record<string, string>>) => Promise<Answer>;
  readonly send: (method: string, path: string, sending?: Sending) => Promise<Answer>;
}

export interface TestServer {
  readonly database: TestDatabase;
  readonly admin: Caller;
  readonly writer: Caller;
  readonly otherWriter: Caller;
  readonly reader: Caller;
  readonly anonymous: Caller;
  readonly bootstrapKey: string;
  port(): number;
  /** Makes a key, and waits until the server knows it. */
  newKey(role: Role): Promise<{ keyId: string; secret: string }>;
  /** A caller that sends this as its key. */
  callerWithKey(secret: string): Caller;
  /** The same database under a new process's eyes: nothing is remembered but what was stored. */
  restart(): Promise<void>;
  journalLength(): Promise<number>;
  /** Messages that the server logged as errors; a test that provokes one empties the list. */
  readonly loggedErrors: string[];
  /** Stops everything, and insists that every status that was answered is documented. */
  close(): Promise<void>;
}

const bootstrapKey = "a-first-key-for-tests";

/** Starts a server on a new database. @param settings environment variables @param clock when time is to pass otherwise */
export async function startTestServer(
  settings: Readonly<Record<string, string>> = {},
  clock?: Clock,
): Promise<TestServer> {
  const database = await createDatabase();
  await ensureBootstrapKey(database.owner, bootstrapKey);
  const config = readConfig({ PORT: "0", ONHAND_BOOTSTRAP_KEY: bootstrapKey, ...settings });
  const loggedErrors: string[] = [];
  const logger: Logger = Object.assign(createLogger("silent"), {
    error: (fields: { err?: unknown }, message?: string) => {
      loggedErrors.push(`${message}: ${fields.err}`);
    },
  });
  const start = (): Promise<App> =>
    startApp({ config, target: database.target, logger, ...(clock === undefined ? {} : { clock }) });
  // Keys that are there before the server starts are known to it at once.
  const keyOf = async (role: Role, name: string): Promise<string> =>
    (await createKey(database.owner, name, role, Date.now())).secret;
  const writerKey = await keyOf("writer", "a writer");
  const otherWriterKey = await keyOf("writer", "another writer");
  const readerKey = await keyOf("reader", "a reader");
  let app = await start();
  const answered = new Map<string, Set<number>>();
  const callerWithKey = (secret: string | null): Caller => makeCaller(() => app.listener.url, secret, answered);
  return {
    database,
    bootstrapKey,
    loggedErrors,
    admin: callerWithKey(bootstrapKey),
    writer: callerWithKey(writerKey),
    otherWriter: callerWithKey(otherWriterKey),
    reader: callerWithKey(readerKey),
    anonymous: callerWithKey(null),
    port: () => app.listener.port,
    callerWithKey,
    async newKey(role) {
      const key = await createKey(database.owner, `a new ${role}`, role, Date.now());
      // An unknown key makes the server look for new ones only now and then.
      while ((await callerWithKey(key.secret).get("/v1/products?limit=1")).status === 401);
      return key;
    },
    async restart() {
      await app.stop();
      app = await start();
    },
    async journalLength() {
      const { rows } = await database.owner.query<{ count: number }>({ text: "SELECT count(*) AS count FROM journal" });
      return Number(rows[0]!.count);
    },
    async close() {
      await app.stop();
      await database.close();
      expect(loggedErrors).toEqual([]);
      requireDocumented(answered);
    },
  };
}

function makeCaller(url: () => string, secret: string | null, answered: Map<string, Set<number>>): Caller {
  const send = async (method: string, path: string, { body, headers = {} }: Sending = {}): Promise<Answer> => {
    const isRaw = typeof body === "string" || body instanceof Uint8Array || body instanceof ReadableStream;
    const response = await fetch(url() + path, {
      method,
      redirect: "manual",
      headers: {
        ...(secret === null ? {} : { authorization: `Bearer ${secret}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isRaw ? (body as string) : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = text !== "" && /[/+]json$/.test(response.headers.get("content-type") ?? "");
    const answer = { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : null };
    requireHonest(method, path, answer, answered);
    return answer;
  };
  return {
    send,
    get: (path, headers = {}) => send("GET", path, { headers }),
    delete: (path, headers = {}) => send("DELETE", path, { headers }),
    post: (path, body, headers = {}) => send("POST", path, { body, headers }),
    put: (path, body, headers = {}) => send("PUT", path, { body, headers }),
    patch: (path, body, headers = {}) => send("PATCH", path, { body, headers }),
  };
}

const table = Object.entries(operations as Record<OperationId, Operation>).map(([operationId, operation]) => ({
  operationId: operationId as OperationId,
  operation,
  // Fixed paths stand before those with parameters.
  pattern: new RegExp(`^${operation.path.replace("/v1", "(?:/v1)?").replaceAll(/\{\w+\}/g, "[^/]+")}$`),
  check: operation.response === null ? null : new Check(operation.response),
}));

/** The operation behind a request, with or without `/v1`. */
function operationOf(method: string, path: string): (typeof table)[number] | undefined {
  const [pathname] = path.split("?");
  return table.find(({ operation, pattern }) => operation.method === method && pattern.test(pathname!));
}

function requireHonest(method: string, path: string, answer: Answer, answered: Map<string, Set<number>>): void {
  const known = operationOf(method, path);
  if (known !== undefined) {
    const statuses = answered.get(known.operationId) ?? new Set();
    answered.set(known.operationId, statuses.add(answer.status));
  }
  if (known !== undefined || answer.status >= 400) expect(answer.headers.get("x-request-id")).toMatch(/^[\x21-\x7e]+$/);
  if (answer.status >= 400) requireProblem(answer);
  else if (known !== undefined && answer.status < 300) {
    const { status, statusOfDryRun } = known.operation;
    expect<(number | undefined)[]>([status, statusOfDryRun]).toContain(answer.status);
    const form = answer.headers.get("content-type") ?? "";
    // Whole lists, and the lines of an import.
    if (/ndjson|csv/.test(form)) return;
    if (known.check === null) expect(answer.text).toBe("");
    else expect(known.check.errors(answer.body)).toEqual([]);
  }
}

/** Whatever is no success is a problem that is documented, says what to do and shows nothing of the inside. */
function requireProblem({ status, headers, body, text }: Answer): void {
  expect(headers.get("content-type")).toBe("application/problem+json");
  expect(headers.get("cache-control")).toBe("no-store");
  const kind = problemKinds[body.code as ProblemCode];
  expect(kind).toBeDefined();
  expect(body).toMatchObject({ type: problemTypePrefix + body.code, title: kind.title, status });
  // Of a bulk request that was refused as a whole, the code is that of the line at fault.
  if (body.results !== undefined) expect(status).toBe(409);
  else expect(body.code === "version_conflict" ? [409, 412] : [kind.status]).toContain(status);
  expect(body.detail).toMatch(/^\S.{15,}\S$/s);
  expect(text).not.toMatch(/node_modules|\bat [/\w.]+:\d+|\bSELECT\b|invalid byte sequence|syntax error at/);
}

function requireDocumented(answered: Map<string, Set<number>>): void {
  const document = openApiDocument("test") as { paths: Record<string, Record<string, { responses: object }>> };
  for (const [operationId, statuses] of answered) {
    const { method, path } = operations[operationId as OperationId];
    const described = document.paths[path.replace("{inventoryIdOrSku}", "{inventoryId}")]![method.toLowerCase()]!;
    const documented = Object.keys(described.responses).map(Number);
    const missing = [...statuses].filter((status) => !documented.includes(status));
    expect({ operationId, missing }).toEqual({ operationId, missing: [] });
  }
}

/** Creates a product and gives it back. */
export async function createProduct(caller: Caller, productId: string, fields: object = {}): Promise<Json> {
  const { status, body } = await caller.post("/v1/products", {
    productId,
    sku: `SKU-${productId}`,
    name: productId,
    ...fields,
  });
  expect(status).toBe(201);
  return body;
}

/** Creates a location and gives it back. */
export async function createLocation(caller: Caller, locationId: string, fields: object = {}): Promise<Json> {
  const { status, body } = await caller.post("/v1/locations", {
    locationId,
    name: locationId,
    type: "store",
    ...fields,
  });
  expect(status).toBe(201);
  return body;
}

/** Adjusts an item and gives it back, with movement and cursor. */
export async function adjust(
  caller: Caller,
  productId: string,
  locationId: string,
  adjustment: number,
  fields: object = {},
): Promise<InventoryItem & { movementId: string; cursor: string }> {
  const { status, body } = await caller.post("/v1/inventory", { productId, locationId, adjustment, ...fields });
  expect({ status, detail: body.detail }).toEqual({ status: 200, detail: undefined });
  return body;
}

/** Reads all pages of a list. @returns the rows of each page, and the cursors that they carried */
export async function readAll(caller: Caller, path: string): Promise<{ pages: Json[][]; feedCursors: Set<string> }> {
  const pages: Json[][] = [];
  const feedCursors = new Set<string>();
  let cursor: string | null = null;
  do {
    const separator = path.includes("?") ? "&" : "?";
    const answer: Answer = await caller.get(cursor === null ? path : `${path}${separator}cursor=${cursor}`);
    expect(answer.status).toBe(200);
    pages.push(answer.body.data);
    feedCursors.add(answer.headers.get("onhand-cursor") ?? "");
    cursor = answer.body.nextCursor;
  } while (cursor !== null);
  return { pages, feedCursors };
}
