import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Browser, chromium } from "playwright-core";
import { type App, startApp } from "../../src/app.ts";
import { prepareDatabase } from "../../src/assembly/prepare-database.ts";
import { readConfig } from "../../src/config/config.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { createEmptyDatabase } from "../support/database.ts";
import { requireChromium } from "../support/tools.ts";

let browser: Browser;
let app: App;
let drop: () => Promise<void>;

beforeAll(async () => {
  const database = await createEmptyDatabase();
  drop = database.drop;
  const config = readConfig({ PORT: "0", ONHAND_BOOTSTRAP_KEY: "browser-test-key-0123", LOG_LEVEL: "silent" });
  const target = { url: database.url };
  await prepareDatabase(target, config);
  app = await startApp({ config, target, logger: createLogger("silent") });
  const args = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
  ];
  browser = await chromium.launch({ executablePath: requireChromium(), args });
}, 180_000);

afterAll(async () => {
  await browser?.close();
  await app?.stop();
  await drop?.();
});

test("the API reference lists every call, loads nothing from elsewhere and reports no error", async () => {
  const page = await browser.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  page.on("request", (request) => {
    if (!request.url().startsWith(app.listener.url) && !request.url().startsWith("data:"))
      faults.push(`asked for ${request.url()}`);
  });
  await page.goto(`${app.listener.url}/docs`);
  await page.getByText("/v1/inventory/bulk-update").first().waitFor();
  const { paths } = (await (await fetch(`${app.listener.url}/v1/openapi.json`)).json()) as { paths: object };
  const callCount = Object.values(paths).flatMap((calls: object) => Object.keys(calls)).length;
  expect(callCount).toBeGreaterThan(30);
  expect(await page.locator(".opblock").count()).toBe(callCount);
  expect(faults).toEqual([]);
}, 60_000);

test("a caller can try a call from the page with a key", async () => {
  const page = await browser.newPage();
  await page.goto(`${app.listener.url}/docs`);
  await page.getByRole("button", { name: "Authorize" }).first().click();
  await page.locator(".auth-container input").fill("browser-test-key-0123");
  await page.locator(".auth-container").getByRole("button", { name: "Apply credentials" }).click();
  await page.locator(".auth-container, .modal-ux").getByRole("button", { name: "Close" }).first().click();
  await page.locator("#operations-locations-listLocations").getByRole("button").first().click();
  await page.locator("#operations-locations-listLocations").getByRole("button", { name: "Execute" }).click();
  await page
    .locator("#operations-locations-listLocations .live-responses-table .response-col_status")
    .getByText("200")
    .waitFor();
}, 60_000);

test("every problem's page anchor is there", async () => {
  const page = await browser.newPage();
  await page.goto(`${app.listener.url}/docs/problems#insufficient_stock`);
  expect(await page.locator("#insufficient_stock").isVisible()).toBe(true);
}, 60_000);
