/**
 * Reads what a test process left behind: its JUnit report and exit code. A test that never got to report counts as
 * failed, so no crash, load error or empty file can pass for success.
 */

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The counts of one or more processes, and a line for every failure. */
export interface Report extends Tally {
  readonly failures: readonly string[];
}

export const NOTHING: Report = { passed: 0, failed: 0, skipped: 0, failures: [] };

/** A failure of something that is not a test: a process, a database that does not start. */
export function failureOf(what: string): Report {
  return { ...NOTHING, failed: 1, failures: [what] };
}

/** Sums two reports. */
export function addReports(one: Report, other: Report): Report {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
    failures: [...one.failures, ...other.failures],
  };
}

/** Judges a process that was to run `files`; without `xml` it wrote no report. */
export function readReport(xml: string | undefined, files: readonly string[], exitCode: number): Report {
  if (xml === undefined) {
    const how = exitCode === 0 ? "holds no test" : `crashed or could not be loaded (exit code ${exitCode})`;
    return failureOf(`${files.join(", ")} ${how}`);
  }
  const counted = countsOf(xml);
  // Bun leaves a file out of its report when it has no test or when an import of it failed.
  const reported = new Set([...xml.matchAll(/<testsuite\s[^>]*?\bfile="(?<file>[^"]*)"/g)].map(fileOf));
  const missing = files.filter((file) => !reported.has(file));
  const report = missing
    .map((file) => failureOf(`${file} could not be loaded or holds no test`))
    .reduce(addReports, counted);
  if (exitCode === 0 || report.failed > 0) return report;
  return addReports(report, failureOf(`${files.join(", ")} ended with exit code ${exitCode} though its tests passed`));
}

function countsOf(xml: string): Report {
  const [head = ""] = /<testsuites\s[^>]*>/.exec(xml) ?? [];
  const count = (name: string) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(head)?.[1] ?? 0);
  const failed = count("failures") + count("errors");
  const failures = [...xml.matchAll(/<testcase\s(?<attributes>[^>]*[^/])>\s*<(?:failure|error)\b/g)].map((match) => {
    return `${attributeOf(match, "file")}: ${attributeOf(match, "name")}`;
  });
  return { passed: count("tests") - failed - count("skipped"), failed, skipped: count("skipped"), failures };
}

function fileOf(match: RegExpMatchArray): string {
  return decode(match.groups?.file ?? "").replaceAll("\\", "/");
}

function attributeOf(match: RegExpMatchArray, name: string): string {
  return decode(new RegExp(`\\b${name}="([^"]*)"`).exec(match.groups?.attributes ?? "")?.[1] ?? "");
}

function decode(text: string): string {
  const named: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return text.replace(/&(?:#(\d+)|(\w+));/g, (whole, code?: string, name?: string) => {
    return code ? String.fromCodePoint(Number(code)) : (named[name ?? ""] ?? whole);
  });
}
