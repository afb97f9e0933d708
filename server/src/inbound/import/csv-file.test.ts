import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type CsvRow, openCsv } from "./csv-file.ts";

const folder = mkdtempSync(join(tmpdir(), "onhand-csv-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function read(
  content: string | Uint8Array,
  delimiter = ",",
): Promise<{ columns: readonly string[]; rows: CsvRow[] }> {
  const path = join(folder, "file");
  writeFileSync(path, content);
  const file = await openCsv(path, delimiter);
  const rows: CsvRow[] = [];
  for await (const chunk of file.chunks()) rows.push(...chunk);
  return { columns: file.columns, rows };
}

test("quotes, commas and line ends in fields, and empty lines between rows", async () => {
  const { columns, rows } = await read('\ufeffA,B\r\n1,"x, ""y"""\r\n"two\r\nlines",2\r\n\r\n3,4\r\n');
  expect(columns).toEqual(["A", "B"]);
  expect(rows).toEqual([
    { line: 2, fields: ["1", 'x, "y"'] },
    { line: 3, fields: ["two\r\nlines", "2"] },
    { line: 6, fields: ["3", "4"] },
  ]);
});

test("a packed file of several parts reads like one, whatever its name", async () => {
  const packed = Buffer.concat([gzipSync("A;B\n1;2\n"), gzipSync("3;4\n")]);
  const { rows } = await read(packed, ";");
  expect(rows.map(({ fields }) => fields)).toEqual([
    ["1", "2"],
    ["3", "4"],
  ]);
});

test("a stray quote within a field is text, and a last line needs no line end", async () => {
  const { rows } = await read('A,B\n12" plate,1\nx,2');
  expect(rows.map(({ fields }) => fields[0])).toEqual(['12" plate', "x"]);
});

test("rows of another width are kept for the report", async () => {
  const { rows } = await read("A,B\n1\n1,2,3\n");
  expect(rows.map(({ fields }) => fields.length)).toEqual([1, 3]);
});

test.each([
  ["an empty file", "", "is empty"],
  ["a quote that is never closed", 'A,B\n1,2\n"3,4\n', "after line 2: a quote is opened there"],
  ["a cut off packed file", gzipSync(`A\n${"1\n".repeat(10_000)}`).subarray(0, 30), "cannot be read"],
])("%s fails with the place and the reason", async (_, content, message) => {
  await expect(read(content)).rejects.toThrow(message);
});

test("a file that does not exist", async () => {
  await expect(openCsv(join(folder, "missing.csv"), ",")).rejects.toThrow("cannot be read (ENOENT)");
});
