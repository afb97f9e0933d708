/** Jobs as callers see them: rows that are worked on behind the answer, their verdicts while that goes on, and their end. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { until } from "../support/server-process.ts";
import { importFile, SlowUpload } from "./bulk-client.ts";
import { createLocation, createProduct, type Json, readAll, startTestServer, type TestServer } from "./support.ts";

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startTestServer();
  key = (await server.newKey("writer")).secret;
  await createLocation(server.writer, "shop");
  await createProduct(server.writer, "soap");
});
afterAll(() => server.close());

const async = { prefer: "respond-async" };
const lines = (...rows: object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join("");
const add = (units: number) => ({ productId: "soap", locationId: "shop", adjustment: units });
const job = async (id: string): Promise<Json> => (await server.reader.get(`/v1/jobs/${id}`)).body;
const hasStatus = (id: string, status: string): Promise<void> =>
  until(`job ${id} is ${status}`, async () => (await job(id)).status === status);
const results = async (id: string, query = ""): Promise<Json[]> =>
  (await readAll(server.reader, `/v1/jobs/${id}/results?limit=700${query}`)).pages.flat();
const level = async (): Promise<number> =>
  (await server.reader.get("/v1/inventory?productId=soap")).body.data[0]?.stockLevel ?? 0;

describe("a job", () => {
  test("answers when it has all rows, and says how far it is and what came of each", async () => {
    const rows = Array.from({ length: 1_600 }, (_, index) =>
      index % 400 === 399 ? { sku: `J-${index}` } : { productId: `j-${index}`, sku: `J-${index}`, name: `J ${index}` },
    );
    const { status, text, headers } = await importFile(server, key, "products?jobId=whole", lines(...rows), async);
    expect(status).toBe(202);
    expect(headers.get("location")).toBe("/v1/jobs/whole");
    expect(headers.get("preference-applied")).toBe("respond-async");
    expect(JSON.parse(text)).toMatchObject({
      jobId: "whole",
      list: "products",
      input: { rows: 1_600, complete: true },
    });
    await hasStatus("whole", "done");
    expect(await job("whole")).toMatchObject({
      rows: { done: 1_600, applied: 1_596, rejected: 4, duplicate: 0, valid: 0 },
      problem: null,
      endedAt: expect.any(String),
    });
    const all = await results("whole");
    expect(all.map(({ row }) => row)).toEqual(rows.map((_, index) => index + 1));
    expect(all[0]).toMatchObject({ verdict: "applied", productId: "j-0" });
    const rejected = await results("whole", "&verdict=rejected");
    expect(rejected.map(({ row, line }) => [row, line])).toEqual([400, 800, 1_200, 1_600].map((row) => [row, row]));
    const whole = await server.reader.get("/v1/jobs/whole/results?verdict=rejected", {
      accept: "application/x-ndjson",
    });
    expect(
      whole.text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual(rejected);
    expect((await server.reader.get("/v1/products/j-7")).body.name).toBe("J 7");
  });

  test("tells verdicts while its rows are still being sent", async () => {
    const before = await level();
    const upload = new SlowUpload(server.port(), key, "inventory?jobId=early", async);
    upload.send(lines(add(1), add(2)));
    await until("two verdicts", async () => {
      const { status, body } = await server.reader.get("/v1/jobs/early/results");
      return status === 200 && body.data.length === 2;
    });
    expect(await job("early")).toMatchObject({
      status: "receiving",
      input: { rows: 2, complete: false },
      endedAt: null,
    });
    expect(await level()).toBe(before + 3);
    const follower = await fetch(`http://127.0.0.1:${server.port()}/v1/jobs/early/results?follow=true`, {
      headers: { authorization: `Bearer ${key}`, accept: "application/x-ndjson" },
    });
    upload.send(lines(add(4)));
    upload.end();
    const followed = (await follower.text())
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(followed.map(({ row, verdict }) => [row, verdict])).toEqual([
      [1, "applied"],
      [2, "applied"],
      [3, "applied"],
    ]);
    expect(await job("early")).toMatchObject({ status: "done", rows: { applied: 3 } });
  });

  test("whose upload broke off is gone on with when the file is sent again, and no row counts twice", async () => {
    const before = await level();
    const upload = new SlowUpload(server.port(), key, "inventory?jobId=broken", async);
    upload.send(`${lines(add(1), add(1))}{"productId":"so`);
    await until("two rows are there", async () => (await job("broken")).input?.rows === 2);
    upload.cut();
    const file = lines(add(1), add(1), add(1));
    const again = await importFile(server, key, "inventory?jobId=broken", file, async);
    expect(again.status).toBe(202);
    await hasStatus("broken", "done");
    expect(await job("broken")).toMatchObject({ rows: { done: 3, applied: 3 } });
    expect(await level()).toBe(before + 3);
    expect((await importFile(server, key, "inventory?jobId=broken", file, async)).status).toBe(202);
    expect(await level()).toBe(before + 3);
  });

  test("is named by the idempotency key, and other rows under it are refused", async () => {
    const named = { ...async, "idempotency-key": "file-1" };
    const first = await importFile(server, key, "inventory", lines(add(1), add(2)), named);
    const { jobId } = JSON.parse(first.text);
    await hasStatus(jobId, "done");
    const again = await importFile(server, key, "inventory", lines(add(1), add(2)), named);
    expect(JSON.parse(again.text)).toMatchObject({ jobId, status: "done" });
    for (const other of [lines(add(1), add(3)), lines(add(1)), lines(add(1), add(2), add(3))]) {
      const { status, text } = await importFile(server, key, "inventory", other, named);
      expect([status, JSON.parse(text).code]).toEqual([422, "idempotency_key_reused"]);
    }
    const option = await importFile(server, key, "inventory?overwrite=true", lines(add(1), add(2)), named);
    expect(option.status).toBe(422);
  });

  test("that was cancelled stops, and keeps its verdicts", async () => {
    const upload = new SlowUpload(server.port(), key, "inventory?jobId=stopped", async);
    upload.send(lines(add(1)));
    await until("a verdict", async () => (await job("stopped")).rows?.done === 1);
    const { status, body } = await server.writer.post("/v1/jobs/stopped/cancel");
    expect([status, ["cancelling", "cancelled"].includes(body.status)]).toEqual([200, true]);
    await hasStatus("stopped", "cancelled");
    const before = await level();
    upload.send(lines(add(100)));
    upload.end();
    expect(await upload.until((text) => text.includes("already_ended"))).toContain("409");
    expect(await results("stopped")).toHaveLength(1);
    expect(await level()).toBe(before);
    expect((await server.writer.post("/v1/jobs/stopped/cancel")).body.status).toBe("cancelled");
  });

  test("that is over cannot be cancelled, and one that is not there not read", async () => {
    expect((await server.writer.post("/v1/jobs/whole/cancel")).body).toMatchObject({ code: "already_ended" });
    expect((await server.reader.get("/v1/jobs/nothing")).body).toMatchObject({ code: "not_found" });
    expect((await server.reader.get("/v1/jobs/nothing/results")).body).toMatchObject({ code: "not_found" });
  });

  test("is listed, the newest first", async () => {
    const { pages } = await readAll(server.reader, "/v1/jobs?limit=2");
    const ids = pages.flat().map(({ jobId }) => jobId);
    expect(ids.indexOf("stopped")).toBeLessThan(ids.indexOf("broken"));
    expect(ids.indexOf("broken")).toBeLessThan(ids.indexOf("whole"));
    expect((await server.reader.get("/v1/jobs?status=cancelled")).body.data).toHaveLength(1);
  });

  test("goes on after a restart", async () => {
    const rows = Array.from({ length: 3_000 }, () => add(1));
    const before = await level();
    expect((await importFile(server, key, "inventory?jobId=restarted", lines(...rows), async)).status).toBe(202);
    await server.restart();
    await hasStatus("restarted", "done");
    expect((await job("restarted")).rows).toMatchObject({ done: 3_000, applied: 3_000 });
    expect(await level()).toBe(before + 3_000);
  });
});
