import { expect, test } from "bun:test";
import { addReports, failureOf, readReport } from "./report.ts";

const xml = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="bun test" tests="5" assertions="1" failures="1" skipped="2" time="0.04">
  <testsuite name="a.test.ts" file="a.test.ts" tests="5" assertions="1" failures="1" skipped="2" time="0.03">
    <testcase name="ok" classname="x" time="0" file="a.test.ts" line="2" assertions="0" />
    <testcase name="1 &lt; 2 &amp; &#39;3&#39;" classname="x" time="0" file="a.test.ts" line="2" assertions="1">
      <failure type="AssertionError" message="no">no</failure>
    </testcase>
    <testcase name="left out" classname="x" time="0" file="a.test.ts" line="2" assertions="0">
      <skipped />
    </testcase>
  </testsuite>
</testsuites>`;
const passing = xml.replaceAll('failures="1"', 'failures="0"');

test("counts come from the head of the report, failures are named", () => {
  const failures = ["a.test.ts: 1 < 2 & '3'"];
  expect(readReport(xml, ["a.test.ts"], 1)).toEqual({ passed: 2, failed: 1, skipped: 2, failures });
});

test("a process without a report is one failure that names its file", () => {
  const crashed = readReport(undefined, ["a.test.ts"], 137);
  expect(crashed).toMatchObject({ passed: 0, failed: 1, failures: [expect.stringContaining("a.test.ts crashed")] });
  expect(readReport(undefined, ["a.test.ts"], 0).failures[0]).toContain("holds no test");
});

test("a file missing from the report is a failure", () => {
  const report = readReport(passing, ["a.test.ts", "b.test.ts"], 1);
  expect(report.failed).toBe(1);
  expect(report.failures).toContain("b.test.ts could not be loaded or holds no test");
});

test("a bad exit code is a failure even when all tests passed", () => {
  expect(readReport(passing, ["a.test.ts"], 0).failed).toBe(0);
  expect(readReport(passing, ["a.test.ts"], 1).failed).toBe(1);
});

test("reports add up", () => {
  const sum = addReports(readReport(xml, ["a.test.ts"], 1), failureOf("something"));
  expect(sum).toMatchObject({ passed: 2, failed: 2, skipped: 2 });
  expect(sum.failures).toHaveLength(2);
});
