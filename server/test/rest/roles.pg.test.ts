/** Who may do what: every operation of the protocol with every kind of caller. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Operation, type OperationId, operations } from "@onhand/protocol/operations";
import { type Role, roles } from "@onhand/protocol/vocabulary";
import { parkLine } from "../intake/support.ts";
import { until } from "../support/server-process.ts";
import { adjust, type Caller, createLocation, createProduct, startTestServer, type TestServer } from "./support.ts";

let server: TestServer;
let subjects = 0;
beforeAll(async () => {
  server = await startTestServer();
  await createLocation(server.admin, "elsewhere");
  await server.admin.post("/v1/sync/batch", { deviceId: "till", operations: [] });
});
afterAll(() => server.close());

interface Subject {
  readonly productId: string;
  readonly locationId: string;
  readonly inventoryId: string;
  readonly subscriptionId: string;
  readonly channelId: string;
  readonly reservationId: string;
  readonly transferId: string;
  readonly supplyId: string;
  readonly sessionId: string;
  readonly sourceId: string;
  readonly reconciliationId: string;
  readonly differenceId: string;
  readonly ruleId: string;
  readonly secretId: string;
  readonly payloadId: string;
  readonly parkedId: string;
  readonly jobId: string;
  /** Of a count that is up for review. */
  readonly movementId: string;
}

const hooks = "/v1/subscriptions/inventory";
const sessions = "/v1/counts/sessions";
const sources = "/v1/sources";
const parkedLines = "/v1/parked-lines";
const reconciliations = "/v1/reconciliations";
/** Nobody has this name, so nothing is sent anywhere. */
const url = "https://hooks.invalid/inventory";

/** A request that succeeds for those who may make it. */
type Call = Exclude<OperationId, "streamUpdates" | "openSocket" | "importRows">;
const requests: Record<Call, (subject: Subject) => { path: string; body?: unknown }> = {
  listProducts: () => ({ path: "/v1/products" }),
  createProduct: ({ productId }) => ({ path: "/v1/products", body: { sku: `new-${productId}`, name: "x" } }),
  getProduct: ({ productId }) => ({ path: `/v1/products/${productId}` }),
  replaceProduct: ({ productId }) => ({
    path: `/v1/products/${productId}`,
    body: { sku: `r-${productId}`, name: "x" },
  }),
  patchProduct: ({ productId }) => ({ path: `/v1/products/${productId}`, body: { name: "x" } }),
  deleteProduct: ({ productId }) => ({ path: `/v1/products/${productId}` }),
  listLocations: () => ({ path: "/v1/locations" }),
  createLocation: () => ({ path: "/v1/locations", body: { name: "x", type: "store" } }),
  getLocation: ({ locationId }) => ({ path: `/v1/locations/${locationId}` }),
  replaceLocation: ({ locationId }) => ({ path: `/v1/locations/${locationId}`, body: { name: "x", type: "store" } }),
  patchLocation: ({ locationId }) => ({ path: `/v1/locations/${locationId}`, body: { name: "x" } }),
  deleteLocation: ({ locationId }) => ({ path: `/v1/locations/${locationId}` }),
  listLocationInventory: ({ locationId }) => ({ path: `/v1/locations/${locationId}/inventory` }),
  listInventory: () => ({ path: "/v1/inventory?include=totals" }),
  adjustInventory: ({ productId, locationId }) => ({
    path: "/v1/inventory",
    body: { productId, locationId, adjustment: 1 },
  }),
  getHistory: ({ inventoryId }) => ({ path: `/v1/inventory/${inventoryId}/history` }),
  syncBatch: ({ productId, locationId }) => ({
    path: "/v1/sync/batch",
    body: {
      deviceId: `till-${productId}`,
      operations: [{ sequence: 1, operationId: `op-${productId}`, productId, locationId, adjustment: 1 }],
    },
  }),
  listDevices: () => ({ path: "/v1/devices" }),
  getDevice: () => ({ path: "/v1/devices/till" }),
  listTotals: () => ({ path: "/v1/totals?groupBy=product" }),
  valuateStock: () => ({ path: "/v1/valuations", body: { currency: "EUR" } }),
  bulkUpdateInventory: ({ productId, locationId }) => ({
    path: "/v1/inventory/bulk-update",
    body: { updates: [{ productId, locationId, adjustment: 1 }] },
  }),
  pollUpdates: () => ({ path: "/v1/inventory/updates?limit=1" }),
  createStreamTicket: () => ({ path: "/v1/stream-tickets" }),
  getInventory: ({ inventoryId }) => ({ path: `/v1/inventory/${inventoryId}` }),
  patchInventory: ({ inventoryId }) => ({ path: `/v1/inventory/${inventoryId}`, body: { safetyStock: 1 } }),
  deleteInventory: ({ inventoryId }) => ({ path: `/v1/inventory/${inventoryId}` }),
  listMovements: ({ inventoryId }) => ({ path: `/v1/inventory/${inventoryId}/movements` }),
  listReservations: () => ({ path: "/v1/reservations" }),
  createReservation: ({ productId, locationId }) => ({
    path: "/v1/reservations",
    body: { lines: [{ productId, locationId, quantity: 1 }] },
  }),
  getReservation: ({ reservationId }) => ({ path: `/v1/reservations/${reservationId}` }),
  commitReservation: ({ reservationId }) => ({ path: `/v1/reservations/${reservationId}/commit`, body: {} }),
  releaseReservation: ({ reservationId }) => ({ path: `/v1/reservations/${reservationId}/release`, body: {} }),
  extendReservation: ({ reservationId }) => ({
    path: `/v1/reservations/${reservationId}/extend`,
    body: { ttlSeconds: 1_000 },
  }),
  payReservation: ({ reservationId }) => ({ path: `/v1/reservations/${reservationId}/pay`, body: {} }),
  listTransfers: () => ({ path: "/v1/transfers" }),
  createTransfer: ({ productId, locationId }) => ({
    path: "/v1/transfers",
    body: { fromLocationId: locationId, toLocationId: "elsewhere", lines: [{ productId, quantity: 1 }] },
  }),
  getTransfer: ({ transferId }) => ({ path: `/v1/transfers/${transferId}` }),
  patchTransfer: ({ transferId }) => ({
    path: `/v1/transfers/${transferId}`,
    body: { expectedAt: "2027-01-01T00:00:00Z" },
  }),
  shipTransfer: ({ transferId }) => ({ path: `/v1/transfers/${transferId}/ship`, body: { lines: [{ line: 2 }] } }),
  receiveTransfer: ({ transferId }) => ({ path: `/v1/transfers/${transferId}/receive`, body: {} }),
  cancelTransfer: ({ transferId }) => ({ path: `/v1/transfers/${transferId}/cancel`, body: { lines: [{ line: 2 }] } }),
  listSupplies: () => ({ path: "/v1/supplies" }),
  createSupply: ({ productId, locationId }) => ({
    path: "/v1/supplies",
    body: { locationId, reference: "PO-1", lines: [{ productId, quantity: 1 }] },
  }),
  getSupply: ({ supplyId }) => ({ path: `/v1/supplies/${supplyId}` }),
  patchSupply: ({ supplyId }) => ({ path: `/v1/supplies/${supplyId}`, body: { expectedAt: "2027-01-01T00:00:00Z" } }),
  receiveSupply: ({ supplyId }) => ({ path: `/v1/supplies/${supplyId}/receive`, body: {} }),
  cancelSupply: ({ supplyId }) => ({ path: `/v1/supplies/${supplyId}/cancel`, body: {} }),
  listIncoming: () => ({ path: "/v1/incoming" }),
  listChannels: () => ({ path: "/v1/channels" }),
  createChannel: () => ({ path: "/v1/channels", body: { name: "x" } }),
  getChannel: ({ channelId }) => ({ path: `/v1/channels/${channelId}` }),
  replaceChannel: ({ channelId }) => ({ path: `/v1/channels/${channelId}`, body: { name: "x" } }),
  patchChannel: ({ channelId }) => ({ path: `/v1/channels/${channelId}`, body: { name: "x" } }),
  deleteChannel: ({ channelId }) => ({ path: `/v1/channels/${channelId}` }),
  listChannelInventory: ({ channelId }) => ({ path: `/v1/channels/${channelId}/inventory` }),
  countInventory: ({ productId, locationId }) => ({
    path: "/v1/counts",
    body: { locationId, lines: [{ productId, stockLevel: 1 }], countedAt: "2026-01-01T00:00:00Z" },
  }),
  listCountSessions: () => ({ path: sessions }),
  openCountSession: ({ locationId }) => ({ path: sessions, body: { locationId } }),
  getCountSession: ({ sessionId }) => ({ path: `${sessions}/${sessionId}` }),
  listCountLines: ({ sessionId }) => ({ path: `${sessions}/${sessionId}/lines` }),
  putCountLines: ({ sessionId, productId }) => ({
    path: `${sessions}/${sessionId}/lines`,
    body: { lines: [{ productId, stockLevel: 2 }] },
  }),
  getCountVariance: ({ sessionId }) => ({ path: `${sessions}/${sessionId}/variance` }),
  postCountSession: ({ sessionId }) => ({ path: `${sessions}/${sessionId}/post` }),
  cancelCountSession: ({ sessionId }) => ({ path: `${sessions}/${sessionId}/cancel` }),
  requestReconciliation: ({ productId }) => ({ path: reconciliations, body: { checks: ["level"], productId } }),
  listReconciliations: () => ({ path: reconciliations }),
  getReconciliation: ({ reconciliationId }) => ({ path: `${reconciliations}/${reconciliationId}` }),
  listDifferences: () => ({ path: `${reconciliations}/differences` }),
  getDifference: ({ differenceId }) => ({ path: `${reconciliations}/differences/${differenceId}` }),
  updateDifference: ({ differenceId }) => ({
    path: `${reconciliations}/differences/${differenceId}`,
    body: { owner: "x" },
  }),
  correctDifference: ({ differenceId }) => ({
    path: `${reconciliations}/differences/${differenceId}/correct`,
    body: { reason: "x" },
  }),
  listReconciliationRules: () => ({ path: `${reconciliations}/rules` }),
  putReconciliationRule: ({ ruleId }) => ({ path: `${reconciliations}/rules/${ruleId}`, body: { name: "x" } }),
  deleteReconciliationRule: ({ ruleId }) => ({ path: `${reconciliations}/rules/${ruleId}` }),
  listReviews: () => ({ path: "/v1/reviews" }),
  resolveReview: ({ movementId }) => ({ path: `/v1/reviews/${movementId}/resolve`, body: { note: "seen" } }),
  listJobs: () => ({ path: "/v1/jobs" }),
  getJob: ({ jobId }) => ({ path: `/v1/jobs/${jobId}` }),
  listJobResults: ({ jobId }) => ({ path: `/v1/jobs/${jobId}/results` }),
  cancelJob: ({ jobId }) => ({ path: `/v1/jobs/${jobId}/cancel` }),
  listSources: () => ({ path: sources }),
  createSource: () => ({ path: sources, body: { name: "x" } }),
  getSource: ({ sourceId }) => ({ path: `${sources}/${sourceId}` }),
  patchSource: ({ sourceId }) => ({ path: `${sources}/${sourceId}`, body: { name: "x" } }),
  deleteSource: ({ sourceId }) => ({ path: `${sources}/${sourceId}` }),
  listSourceCodes: ({ sourceId }) => ({ path: `${sources}/${sourceId}/codes` }),
  putSourceCodes: ({ sourceId, productId }) => ({
    path: `${sources}/${sourceId}/codes`,
    body: { codes: [{ kind: "product", code: "4711", targetId: productId }] },
  }),
  publishToSource: ({ sourceId, productId }) => ({
    path: `${sources}/${sourceId}/publications`,
    body: { publications: [{ productId, stockLevel: 1 }] },
  }),
  listSourceStatements: ({ sourceId }) => ({ path: `${sources}/${sourceId}/statements` }),
  addSourceSecret: ({ sourceId }) => ({ path: `${sources}/${sourceId}/secrets`, body: { secret: "s" } }),
  removeSourceSecret: ({ sourceId, secretId }) => ({ path: `${sources}/${sourceId}/secrets/${secretId}` }),
  sendSourceEvents: ({ sourceId, productId, locationId }) => ({
    path: `${sources}/${sourceId}/events`,
    body: { lines: [{ operationId: "one", productId, locationId, adjustment: 1 }] },
  }),
  listReadyMappings: () => ({ path: "/v1/mappings" }),
  listSourceMappings: ({ sourceId }) => ({ path: `${sources}/${sourceId}/mappings` }),
  createSourceMapping: ({ sourceId }) => ({ path: `${sources}/${sourceId}/mappings`, body: { expression: "[]" } }),
  dryRunSourceMapping: ({ sourceId }) => ({
    path: `${sources}/${sourceId}/mappings/dry-run`,
    body: { expression: "[]", payload: {} },
  }),
  useSourceMapping: ({ sourceId }) => ({ path: `${sources}/${sourceId}/mappings/use`, body: { version: null } }),
  listKeptPayloads: ({ sourceId }) => ({ path: `${sources}/${sourceId}/payloads` }),
  retryKeptPayloads: ({ sourceId }) => ({ path: `${sources}/${sourceId}/payloads/retry`, body: {} }),
  discardKeptPayload: ({ sourceId, payloadId }) => ({ path: `${sources}/${sourceId}/payloads/${payloadId}` }),
  listParkedLines: () => ({ path: parkedLines }),
  retryParkedLines: () => ({ path: `${parkedLines}/retry`, body: {} }),
  getParkedLine: ({ parkedId }) => ({ path: `${parkedLines}/${parkedId}` }),
  assignParkedLine: ({ parkedId }) => ({ path: `${parkedLines}/${parkedId}/assign`, body: { owner: "x" } }),
  retryParkedLine: ({ parkedId }) => ({ path: `${parkedLines}/${parkedId}/retry` }),
  discardParkedLine: ({ parkedId }) => ({ path: `${parkedLines}/${parkedId}/discard`, body: {} }),
  listSubscriptions: () => ({ path: hooks }),
  createSubscription: () => ({ path: hooks, body: { url } }),
  getSubscription: ({ subscriptionId }) => ({ path: `${hooks}/${subscriptionId}` }),
  patchSubscription: ({ subscriptionId }) => ({ path: `${hooks}/${subscriptionId}`, body: { name: "x" } }),
  deleteSubscription: ({ subscriptionId }) => ({ path: `${hooks}/${subscriptionId}` }),
  pingSubscription: ({ subscriptionId }) => ({ path: `${hooks}/${subscriptionId}/ping` }),
  pauseSubscription: ({ subscriptionId }) => ({ path: `${hooks}/${subscriptionId}/pause` }),
  resumeSubscription: ({ subscriptionId }) => ({ path: `${hooks}/${subscriptionId}/resume` }),
  rotateSubscriptionSecret: ({ subscriptionId }) => ({ path: `${hooks}/${subscriptionId}/rotate-secret`, body: {} }),
  replayDeliveries: ({ subscriptionId }) => ({
    path: `${hooks}/${subscriptionId}/replay`,
    body: { sequences: { from: 1, to: 1 } },
  }),
  backfillSubscription: ({ subscriptionId }) => ({ path: `${hooks}/${subscriptionId}/backfill`, body: {} }),
  listDeliveries: ({ subscriptionId }) => ({ path: `${hooks}/${subscriptionId}/deliveries` }),
  listDeadLetters: ({ subscriptionId }) => ({ path: `${hooks}/${subscriptionId}/dead-letters` }),
  replayDeadLetters: ({ subscriptionId }) => ({ path: `${hooks}/${subscriptionId}/dead-letters/replay`, body: {} }),
};

async function newSubject(): Promise<Subject> {
  subjects += 1;
  const [productId, locationId] = [`p${subjects}`, `l${subjects}`];
  await createProduct(server.admin, productId);
  await createLocation(server.admin, locationId);
  const { inventoryId } = await adjust(server.admin, productId, locationId, 0);
  return { productId, locationId, inventoryId, ...nothingElse };
}

const nothingElse = {
  subscriptionId: "",
  channelId: "",
  reservationId: "",
  transferId: "",
  supplyId: "",
  sessionId: "",
  sourceId: "",
  reconciliationId: "",
  differenceId: "",
  ruleId: "",
  secretId: "",
  payloadId: "",
  parkedId: "",
  jobId: "",
  movementId: "",
};

/** With a subscription: each one more makes every change dearer. */
async function newSubscription(): Promise<Subject> {
  const { body } = await server.admin.post(hooks, { url });
  return { ...(await newSubject()), subscriptionId: body.subscriptionId };
}

async function newChannel(): Promise<Subject> {
  const subject = await newSubject();
  const channelId = `c${subjects}`;
  await server.admin.post("/v1/channels", { channelId, name: channelId });
  return { ...subject, channelId };
}

/** With one order of each kind. The transfer is on its way with its first line, and held with its second. */
async function newOrders(): Promise<Subject> {
  const subject = await newSubject();
  const { productId, locationId } = subject;
  await adjust(server.admin, productId, locationId, 10);
  const line = { productId, quantity: 1 };
  const made = async (path: string, body: object) => (await server.admin.post(path, body)).body;
  const { reservationId } = await made("/v1/reservations", { lines: [{ ...line, locationId }] });
  const ways = { fromLocationId: locationId, toLocationId: "elsewhere" };
  const { transferId } = await made("/v1/transfers", { ...ways, lines: [line, line] });
  await made(`/v1/transfers/${transferId}/ship`, { lines: [{ line: 1 }] });
  const { supplyId } = await made("/v1/supplies", { locationId, reference: "PO-1", lines: [line] });
  return { ...subject, reservationId, transferId, supplyId };
}

/** With one line that was counted. */
async function newSession(): Promise<Subject> {
  const subject = await newSubject();
  const { sessionId } = (await server.admin.post(sessions, { locationId: subject.locationId })).body;
  await server.admin.post(`${sessions}/${sessionId}/lines`, {
    lines: [{ productId: subject.productId, stockLevel: 1 }],
  });
  return { ...subject, sessionId };
}

/** Whose rows never came. */
async function newJob(): Promise<Subject> {
  const subject = await newSubject();
  const jobId = `job-${subjects}`;
  const headers = { "content-type": "text/csv", "content-encoding": "gzip", prefer: "respond-async" };
  await server.admin.send("POST", `/v1/imports/products?jobId=${jobId}`, { body: "no gzip", headers });
  return { ...subject, jobId };
}

/** Counted by a clock that nobody knows, and listed. */
async function newReview(): Promise<Subject> {
  const subject = await newSubject();
  const { productId, locationId } = subject;
  const { body } = await server.admin.post("/v1/counts", {
    locationId,
    lines: [{ productId, stockLevel: 1 }],
    countedAt: "2026-01-01T00:00:00Z",
    device: { deviceId: "till" },
  });
  await until("the review is listed", async () => {
    return (await server.admin.get(`/v1/reviews?productId=${productId}`)).body.data.length === 1;
  });
  return { ...subject, movementId: body.results[0].movementId };
}

async function newSource(): Promise<Subject> {
  const subject = await newSubject();
  const { sourceId } = (await server.admin.post(sources, { name: "x" })).body;
  const { body } = await server.admin.post(`${sources}/${sourceId}/secrets`, { secret: "s" });
  return { ...subject, sourceId, secretId: body.secrets[0].secretId };
}

/** With a payload that its mapping could not read. */
async function newKeptPayload(): Promise<Subject> {
  const subject = await newSource();
  const path = `${sources}/${subject.sourceId}`;
  await server.admin.post(`${path}/mappings`, { expression: '"no line"' });
  const { body } = await server.admin.post(`${path}/events`, {});
  return { ...subject, payloadId: body.kept.payloadId };
}

/** What a source states is not what is there. */
async function newDifference(): Promise<Subject> {
  const subject = await newSubject();
  const { productId, locationId } = subject;
  await adjust(server.admin, productId, locationId, 3);
  const { sourceId } = (await server.admin.post(sources, { name: "x" })).body;
  const statement = { sourceId, lines: [{ productId, locationId, stockLevel: 8 }] };
  const { body } = await server.admin.post(reconciliations, { statement });
  const { differenceId } = body.statement.differences[0];
  const ruleId = `rule${subjects}`;
  await server.admin.put(`${reconciliations}/rules/${ruleId}`, { name: "x" });
  return { ...subject, differenceId, ruleId, reconciliationId: body.reconciliationId };
}

/** With a line that waits, of which the journal has told. */
async function newParkedLine(): Promise<Subject> {
  const subject = await newSubject();
  const parkedId = await parkLine(server.database, `till${subjects}`, "nothing");
  await until("the line is told of", async () => {
    const text = "SELECT FROM parked_line WHERE told_at IS NULL";
    return (await server.database.owner.query({ text })).rowCount === 0;
  });
  return { ...subject, parkedId };
}

function makerOf({ path }: Operation): () => Promise<Subject> {
  if (path.startsWith(hooks)) return newSubscription;
  if (path.startsWith("/v1/channels")) return newChannel;
  if (path.endsWith("/{payloadId}")) return newKeptPayload;
  if (path.startsWith(sources)) return newSource;
  if (path.startsWith(parkedLines)) return newParkedLine;
  if (path.startsWith(reconciliations)) return newDifference;
  if (path.startsWith(`${sessions}/`)) return newSession;
  if (path.startsWith("/v1/reviews/")) return newReview;
  if (path.startsWith("/v1/jobs/")) return newJob;
  return /^\/v1\/(reservations|transfers|supplies)/.test(path) ? newOrders : newSubject;
}

/** Subjects that nothing is done to. */
const untouched = new Map<() => Promise<Subject>, Promise<Subject>>();

function subjectFor(operation: Operation, isChanged: boolean): Promise<Subject> {
  const make = makerOf(operation);
  if (isChanged) return make();
  const known = untouched.get(make) ?? make();
  untouched.set(make, known);
  return known;
}

type Kind = "no key" | "a bad key" | Role;
const callers = (): Record<Kind, Caller> => ({
  "no key": server.anonymous,
  "a bad key": server.callerWithKey("oh_nobody"),
  reader: server.reader,
  writer: server.writer,
  admin: server.admin,
});
const kinds: readonly Kind[] = ["no key", "a bad key", ...roles];

function expectedStatus({ right, status }: Operation, kind: Kind): number {
  if (right === null) return status;
  if (kind === "no key" || kind === "a bad key") return 401;
  return roles.indexOf(kind) >= roles.indexOf(right) ? status : 403;
}

const matrix = (Object.keys(requests) as Call[]).flatMap((id) => kinds.map((kind) => [id, kind] as const));

/** Subscriptions lie beside the journal, and so do working papers before they are posted. */
const isBeside = (operationId: Call, path: string): boolean =>
  path.startsWith(hooks) ||
  path.startsWith("/v1/reviews") ||
  path.startsWith(parkedLines) ||
  (path.startsWith(reconciliations) && operationId !== "correctDifference") ||
  operationId === "putSourceCodes" ||
  operationId === "publishToSource" ||
  operationId === "retryKeptPayloads" ||
  operationId === "discardKeptPayload" ||
  path.startsWith("/v1/jobs") ||
  (path.startsWith(sessions) && operationId !== "postCountSession");

describe("every operation", () => {
  test.each(matrix)("%s with %s", async (operationId, kind) => {
    const operation: Operation = operations[operationId];
    const status = expectedStatus(operation, kind);
    const subject = await subjectFor(operation, operation.writes && status < 400);
    const journal = await server.journalLength();
    const { path, body } = requests[operationId](subject);
    for (const asked of [path, path.replace("/v1", "")].slice(0, operation.writes ? 1 : 2)) {
      const answer = await callers()[kind].send(operation.method, asked, body === undefined ? {} : { body });
      expect(answer.status).toBe(status);
      if (status === 401) expect(answer.headers.get("www-authenticate")).toStartWith("Bearer");
      if (status === 403) expect(answer.body.detail).toContain(`role ${operation.right}`);
    }
    const isAllowed = status < 400;
    const appends = operation.writes && !isBeside(operationId, path);
    // A part of a transfer that leaves is an entry where it was and one where it goes; what is corrected is told of, too.
    const entries = operationId === "shipTransfer" || operationId === "correctDifference" ? 2 : 1;
    expect(await server.journalLength()).toBe(journal + (appends && isAllowed ? entries : 0));
  });

  test("whoever may not ask learns nothing about the request", async () => {
    for (const { method, path, right } of Object.values(operations) as Operation[]) {
      const concrete = path.replaceAll(/\{\w+\}/g, "does-not-exist");
      const sending = method === "GET" || method === "DELETE" ? {} : { body: "no JSON" };
      const answer = await server.anonymous.send(method, `${concrete}?unknown=1`, sending);
      expect(answer.body.code).toBe("unauthorized");
      if (method !== "GET" && right !== "reader")
        expect((await server.reader.send(method, `${concrete}?unknown=1`, sending)).body.code).toBe("forbidden");
    }
  });
});

describe("keys", () => {
  test.each([
    ["Basic b2g6YWJj"],
    ["Bearer"],
    ["Bearer "],
    ["Bearer two words"],
    ["oh_nobody"],
    [`Bearer ${"x".repeat(600)}`],
    ["Bearer oh_nobody, Bearer oh_nobody"],
    ["Token a-first-key-for-tests"],
  ])("%p is none", async (authorization) => {
    const { headers, body } = await server.anonymous.get("/v1/products", { authorization });
    expect(body).toMatchObject({ status: 401, code: "unauthorized" });
    expect(headers.get("www-authenticate")).toStartWith("Bearer");
  });

  test("the scheme's name is read in any case", async () => {
    const headers = { authorization: `bearer  ${server.bootstrapKey}` };
    expect((await server.anonymous.get("/v1/products", headers)).status).toBe(200);
  });

  test("a revoked key stops working", async () => {
    await server.database.owner.query({ text: "UPDATE api_key SET revoked_at = now() WHERE name = 'another writer'" });
    await server.restart();
    expect((await server.otherWriter.get("/v1/products")).body.code).toBe("unauthorized");
    expect((await server.writer.get("/v1/products")).status).toBe(200);
  });

  test("probes need none, metrics do", async () => {
    expect((await server.anonymous.get("/livez")).body).toEqual({ status: "live" });
    expect((await server.anonymous.get("/readyz")).body).toEqual({ status: "ready" });
    expect((await server.anonymous.get("/metrics")).body.code).toBe("unauthorized");
    expect((await server.reader.get("/metrics")).text).toContain("onhand_queue_entries");
  });
});
