import { expect, test } from "bun:test";
import { compileTimeFormat } from "./time-format.ts";

const iso = (format: string, zone: string, text: string): string =>
  new Date(compileTimeFormat(format, zone)(text)).toISOString();

test("times of a zone are read with the offset of their day", () => {
  const format = "YYYY-MM-DD HH:mm:ss";
  expect(iso(format, "Europe/London", "2011-01-10 12:00:00")).toBe("2011-01-10T12:00:00.000Z");
  expect(iso(format, "Europe/London", "2011-07-10 12:00:00")).toBe("2011-07-10T11:00:00.000Z");
  expect(iso(format, "Asia/Kathmandu", "2011-07-10 12:00:00")).toBe("2011-07-10T06:15:00.000Z");
});

test("an hour that the clock shows twice is the first one, one that it skips comes after", () => {
  const format = "YYYY-MM-DD HH:mm";
  expect(iso(format, "Europe/London", "2011-10-30 01:30")).toBe("2011-10-30T00:30:00.000Z");
  expect(iso(format, "Europe/London", "2011-03-27 01:30")).toBe("2011-03-27T01:30:00.000Z");
  expect(iso(format, "America/New_York", "2011-11-06 01:30")).toBe("2011-11-06T05:30:00.000Z");
});

test("other forms: American dates, dates alone, RFC 3339, counts since 1970", () => {
  expect(iso("M/D/YYYY H:mm", "UTC", "12/1/2010 8:26")).toBe("2010-12-01T08:26:00.000Z");
  expect(iso("DD.MM.YYYY", "UTC", "31.12.2010")).toBe("2010-12-31T00:00:00.000Z");
  expect(iso("YYYYconstructorMM-DD", "UTC", "2010constructor12-01")).toBe("2010-12-01T00:00:00.000Z");
  expect(iso("rfc3339", "UTC", "2017-01-01T07:30:27-05:00")).toBe("2017-01-01T12:30:27.000Z");
  expect(iso("unix-seconds", "UTC", "1300000000")).toBe("2011-03-13T07:06:40.000Z");
  expect(iso("unix-milliseconds", "UTC", "1300000000123")).toBe("2011-03-13T07:06:40.123Z");
});

test.each(["2011-02-29 10:00:00", "2011-01-10 24:00:00", "2011-1-10 10:00:00", "", "yesterday"])(
  "%j is no time",
  (text) => expect(compileTimeFormat("YYYY-MM-DD HH:mm:ss", "UTC")(text)).toBeNaN(),
);
