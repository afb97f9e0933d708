import { describe, expect, test } from "bun:test";
import { repositoryOf } from "./repository.ts";
import { checkTidy } from "./tidy.ts";

/** The rules that these files break. */
function broken(files: Record<string, string>): string[] {
  return checkTidy(repositoryOf(files)).map(({ rule }) => rule);
}

describe("size", () => {
  const lines = (count: number) => "x;\n".repeat(count);

  test("a file past 500 lines fails, a test past 800", () => {
    expect(broken({ "server/src/a.ts": lines(501) })).toEqual(["file length"]);
    expect(broken({ "server/src/a.test.ts": lines(800) })).toEqual([]);
    expect(broken({ "server/src/a.test.ts": lines(801) })).toEqual(["file length"]);
  });

  test("a file past 350 lines is only warned about", () => {
    expect(checkTidy(repositoryOf({ "a.ts": lines(350) }))).toEqual([]);
    expect(checkTidy(repositoryOf({ "a.ts": lines(351) }))).toMatchObject([{ level: "warning" }]);
  });

  test("generated and vendored files may be of any size", () => {
    expect(broken({ "client/src/generated/a.ts": lines(900), "server/vendor/a.js": lines(900) })).toEqual([]);
  });
});

describe("words", () => {
  test("unfinished work is found in any text", () => {
    for (const path of ["a.ts", "a.md", "a.sql", ".ci/run"]) {
      expect(broken({ [path]: `// TO${"DO"}: later` })).toEqual(["no unfinished work"]);
    }
  });

  test.each(["home", "root", "work", "Users"])("a path under %s is found", (folder) => {
    expect(broken({ "a.md": `see /${folder}/me/x` })).toEqual(["no machine paths"]);
    expect(broken({ "a.ts": `const path = "/${folder}/me/x";` })).toEqual(["no machine paths"]);
  });

  test("a URL or relative path with such a word is fine", () => {
    const word = "work";
    expect(broken({ "a.md": `https://example.com/${word}/a and docs/${word}/a and ./${word}/a` })).toEqual([]);
  });
});

describe("tests", () => {
  test.each([
    "await Bun.sleep(10);",
    "await new Promise((resolve) => setTimeout(resolve, 10));",
    "await new Promise((done) => { setTimeout(() => done(1), 10); });",
    'import { setTimeout } from "node:timers/promises";',
  ])("may not sleep: %s", (text) => {
    expect(broken({ "a.test.ts": text })).toEqual(["no sleeps in tests"]);
  });

  test("may set a deadline", () => {
    const deadline = "new Promise((resolve, reject) => { setTimeout(() => reject(new Error()), 10); x(resolve); });";
    expect(broken({ "a.test.ts": deadline })).toEqual([]);
  });

  test.each(["only", "skip", `to${"do"}`])("may not use .%s", (property) => {
    for (const suite of ["test", "it", "describe"]) {
      expect(broken({ "a.test.ts": `${suite}.${property}("x", () => {});` })).toEqual(["all tests run"]);
    }
  });

  test("may speak of other things that have such a property", () => {
    expect(broken({ "a.test.ts": "parser.skip(3); rows.only;" })).toEqual([]);
  });
});

describe("docstrings", () => {
  test.each([
    "export function f() {}",
    "export const f = () => 1;",
    "export const f = async function () {};",
    "function f() {}\nexport { f };",
    "// not a docstring\nexport function f() {}",
    "/** Of another. */\nconst x = 1;\nexport function f() {}",
  ])("missing: %s", (text) => {
    expect(broken({ "server/src/lib/a.ts": text })).toEqual(["docstring"]);
  });

  test.each([
    "/** Does. */\nexport function f() {}",
    "/** Does. */\n// biome-ignore lint/x: reason\nexport const f = () => 1;",
    "/** Does. */\nfunction f() {}\nexport { f };",
    "/** Does. */\nexport function f(a: string): void;\nexport function f(a: number): void;\nexport function f() {}",
    "function f() {}",
    "export const x = 1;\nexport interface Y {}",
  ])("fine: %s", (text) => {
    expect(broken({ "server/src/lib/a.ts": text })).toEqual([]);
  });

  test("are not asked of scripts and tests", () => {
    expect(
      broken({ "scripts/a.ts": "export function f() {}", "client/src/a.test.ts": "export function f() {}" }),
    ).toEqual([]);
  });
});

describe("markdown", () => {
  const files = {
    "package.json": '{ "scripts": { "bench": "x", "test": "y", "test:full": "z" } }',
    "docs/other.md": "# One thing\n\n## Some `code`, and more\n\n# One thing\n",
    "docs/sub/x.ts": "",
  };
  const inDocument = (text: string) => broken({ ...files, "docs/a.md": text });

  test.each([
    "[x](gone.md)",
    "[x](../gone.md)",
    "![x](gone.png)",
    "[x](other.md#nowhere)",
    "[x](#nowhere)",
    "[x]: gone.md",
    '<img src="gone.png">',
    "[x](/other.md)",
  ])("leads nowhere: %s", (text) => {
    expect(inDocument(text)).toEqual(["links resolve"]);
  });

  test.each([
    "[x](other.md)",
    "[x](sub)",
    "[x](sub/x.ts?plain=1)",
    "[x](../package.json)",
    "[x](/docs/other.md)",
    "[x](other.md#one-thing-1)",
    "[x](other.md#some-code-and-more)",
    "[x](https://example.com/gone.md) <mailto:a@example.com>",
    "`[x](gone.md)`",
    "```\n[x](gone.md)\n```",
  ])("leads somewhere: %s", (text) => {
    expect(inDocument(text)).toEqual([]);
  });

  test("scripts it mentions exist", () => {
    expect(inDocument("Run `npm run bench`, `npm test` or `npm run test:full -- x`.")).toEqual([]);
    expect(inDocument("Run `npm run nothing`.")).toEqual(["npm scripts exist"]);
    expect(inDocument("Run `npm start`.")).toEqual(["npm scripts exist"]);
  });
});
