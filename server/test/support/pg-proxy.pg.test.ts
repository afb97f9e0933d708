import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import pg from "pg";
import { connectionOptions } from "../../src/db/connection-options.ts";
import { createDatabase, type TestDatabase } from "./database.ts";
import { type Commit, openPgProxy, type PgProxy } from "./pg-proxy.ts";

let database: TestDatabase;
let proxy: PgProxy;

beforeAll(async () => {
  database = await createDatabase(1);
  await database.owner.query({ text: "CREATE TABLE mark (n integer)" });
});
afterAll(() => database.close());
beforeEach(async () => {
  proxy = await openPgProxy(database.target.url);
  await database.owner.query({ text: "TRUNCATE mark" });
});
afterEach(() => proxy.close());

async function connect(): Promise<pg.Client> {
  const options = connectionOptions({ url: proxy.url }, { name: "proxied", role: "owner" });
  const client = new pg.Client({ ...options, pipeline: true } as pg.ClientConfig);
  client.on("error", () => {});
  await client.connect();
  return client;
}

/** Sends a whole transaction at once, as a writer does. @returns what came of its COMMIT */
function mark(client: pg.Client, extended = false): Promise<string> {
  const quiet = (sent: Promise<unknown>) => void sent.catch(() => {});
  quiet(client.query("BEGIN"));
  quiet(client.query("INSERT INTO mark VALUES ($1)", [1]));
  const commit = extended
    ? client.query({ text: "COMMIT", queryMode: "extended" } as pg.QueryConfig)
    : client.query("COMMIT");
  return commit.then(
    ({ command }) => command,
    () => "lost",
  );
}

async function marks(): Promise<number> {
  const { rows } = await database.owner.query<{ n: number }>({ text: "SELECT count(*) AS n FROM mark" });
  return rows[0]!.n;
}

/** Sets a rule for all COMMITs and gives the first one that it meets. */
function firstCommit(decide: (commit: Commit) => ReturnType<Parameters<PgProxy["onCommit"]>[0]>): Promise<Commit> {
  return new Promise((resolve) =>
    proxy.onCommit((commit) => {
      resolve(commit);
      return decide(commit);
    }),
  );
}

test("it is not noticed where nothing is to happen", async () => {
  const client = await connect();
  expect(await mark(client)).toBe("COMMIT");
  expect(await mark(client, true)).toBe("COMMIT");
  const long = "x".repeat(300_000);
  expect((await client.query("SELECT $1::text AS long", [long])).rows).toEqual([{ long }]);
  await client.end();
  expect([proxy.commits, await marks()]).toEqual([2, 2]);
});

for (const extended of [false, true]) {
  const form = extended ? "an extended" : "a simple";

  test(`${form} COMMIT is lost before the server sees it`, async () => {
    const met = firstCommit(() => "lose");
    expect(await mark(await connect(), extended)).toBe("lost");
    expect(await (await met).answered).toBeNull();
    expect(await marks()).toBe(0);
  });

  test(`${form} COMMIT is lost when all before it was answered`, async () => {
    const met = firstCommit(() => "strand");
    const client = await connect();
    const before = client.query("SELECT generate_series(1, 1000)").then(({ rows }) => rows.length);
    expect([await mark(client, extended), await before]).toEqual(["lost", 1_000]);
    expect(await (await met).answered).toBeNull();
    expect(await marks()).toBe(0);
  });

  test(`${form} COMMIT is done and its answer reset`, async () => {
    const met = firstCommit(() => "reset");
    expect(await mark(await connect(), extended)).toBe("lost");
    expect(await (await met).answered).toBe("COMMIT");
    expect(await marks()).toBe(1);
  });

  test(`${form} COMMIT is done and nothing more is heard`, async () => {
    const met = firstCommit(() => "silence");
    const client = await connect();
    const answer = mark(client, extended);
    expect(await (await met).answered).toBe("COMMIT");
    expect([await marks(), proxy.connections.length]).toEqual([1, 1]);
    (await met).connection.cutClient();
    expect(await answer).toBe("lost");
  });

  test(`${form} COMMIT is answered in part`, async () => {
    for (const answerBytes of [0, 1, 11, 17]) {
      const met = firstCommit(() => ({ answerBytes }));
      expect(await mark(await connect(), extended)).toBe("lost");
      expect(await (await met).answered).toBe("COMMIT");
    }
    expect(await marks()).toBe(4);
  });

  test(`${form} COMMIT is held and lands after its client is gone`, async () => {
    const release = Promise.withResolvers<"pass">();
    const met = firstCommit(() => release.promise);
    const answer = mark(await connect(), extended);
    const commit = await met;
    commit.connection.cutClient();
    expect(await answer).toBe("lost");
    expect(await marks()).toBe(0);
    release.resolve("pass");
    expect(await commit.answered).toBe("COMMIT");
    expect(await marks()).toBe(1);
  });
}

test("a held COMMIT whose session was ended by the server never lands", async () => {
  const release = Promise.withResolvers<"pass">();
  const met = firstCommit(() => release.promise);
  const answer = mark(await connect());
  const commit = await met;
  await database.owner.query({
    text: "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'onhand proxied'",
  });
  expect(await answer).toBe("lost");
  release.resolve("pass");
  expect(await commit.answered).toBeNull();
  expect(await marks()).toBe(0);
});

test("an aborted transaction's COMMIT is told as what it was", async () => {
  const met = firstCommit(() => "pass");
  const client = await connect();
  const sent = [client.query("BEGIN"), client.query("SELECT 1 / 0"), client.query("COMMIT")];
  await Promise.allSettled(sent);
  expect(await (await met).answered).toBe("ROLLBACK");
});

test("an answer is cut in the middle of its rows", async () => {
  const client = await connect();
  proxy.onStatement((text, connection) => {
    if (text.includes("generate_series")) connection.cutAnswerAfter(5_000);
  });
  await expect(client.query("SELECT generate_series(1, 100000)")).rejects.toThrow("terminated");
});

test("a client that insists on TLS is told that there is none", async () => {
  const client = new pg.Client({ connectionString: proxy.url, ssl: true });
  await expect(client.connect()).rejects.toThrow("does not support SSL");
});

test("every connection can be cut at once, and new ones come through", async () => {
  const [one, two] = [await connect(), await connect()];
  const waiting = [one, two].map((client) => client.query("SELECT pg_sleep(60)").catch(() => "cut"));
  proxy.cutAll();
  expect(await Promise.all(waiting)).toEqual(["cut", "cut"]);
  expect(await mark(await connect())).toBe("COMMIT");
});
