/**
 * House rules over the text of the repository that no compiler or linter knows: sizes, unfinished work, machine paths,
 * tests that sleep, exported functions without a docstring, documents that lead nowhere. Function length is Biome's
 * noExcessiveLinesPerFunction.
 */
import { findMissingDocstrings } from "./docstrings.ts";
import { checkMarkdown } from "./markdown.ts";
import { type Finding, isCode, isTest, type Repository } from "./repository.ts";
import { findTestFaults } from "./test-faults.ts";

/** Past `warnLines` a file is hard to hold in mind, past the others it must be split. */
const warnLines = 350;
const failLines = 500;
const failLinesTest = 800;

const TEXT = /\.(?:[cm]?[jt]sx?|sql|css|html|md|ya?ml|sh|json)$|(?:^|\/)(?:Dockerfile|\.ci\/[^/]+)$/;
const SIZED = /\.(?:[cm]?[jt]sx?|sql|css|html)$/;
/** Copied or computed files are not ours to tidy. */
const EXEMPT = /(?:^|\/)(?:generated|vendor|package-lock\.json$|LICENSE$)|^bench\/results\//;

/** Put together from halves, so that this file does not find itself. */
const UNFINISHED = new RegExp(`\\b(?:${["TO" + "DO", "FIX" + "ME", "XX" + "X"].join("|")})\\b`);
/** An absolute path into one person's machine; the path of a URL has a host or a word before it. */
const MACHINE_PATH = /(?<![\w.:/~}*-])\/(?:home|root|work|Users)\/[\w.-]*/;

/** All breaches of the house rules. */
export function checkTidy(repository: Repository): Finding[] {
  const ours = repository.paths.filter((path) => !EXEMPT.test(path));
  return [
    ...ours.filter((path) => SIZED.test(path)).flatMap((path) => findSize(repository, path)),
    ...ours.filter((path) => TEXT.test(path)).flatMap((path) => findWords(path, repository.text(path))),
    ...ours.filter(isCode).flatMap((path) => findCodeFaults(repository, path)),
    ...checkMarkdown(repository, ours),
  ];
}

function findCodeFaults(repository: Repository, path: string): Finding[] {
  if (isTest(path)) return findTestFaults(repository.source(path));
  return findMissingDocstrings(repository.source(path));
}

function findSize(repository: Repository, path: string): Finding[] {
  const lines = repository.text(path).trimEnd().split("\n").length;
  const limit = isTest(path) ? failLinesTest : failLines;
  if (lines > limit) {
    const message = `${lines} lines; split it by noun, no file here has more than ${limit}`;
    return [{ path, line: limit + 1, rule: "file length", message }];
  }
  if (isTest(path) || lines <= warnLines) return [];
  const message = `${lines} lines; past ${failLines} it must be split`;
  return [{ path, line: warnLines + 1, rule: "file length", message, level: "warning" }];
}

function findWords(path: string, text: string): Finding[] {
  return text.split("\n").flatMap((content, index) => {
    const found: Finding[] = [];
    const unfinished = UNFINISHED.exec(content);
    if (unfinished) {
      const message = `${unfinished[0]}: finish it, or record it where open work is kept`;
      found.push({ path, line: index + 1, rule: "no unfinished work", message });
    }
    const machine = MACHINE_PATH.exec(content);
    if (machine) {
      const message = `${machine[0]} exists on one machine only; use a path relative to the repository`;
      found.push({ path, line: index + 1, rule: "no machine paths", message });
    }
    return found;
  });
}
