/**
 * Documents must not lead nowhere: relative links reach a file (and a heading, when they name one), and every
 * `npm run x` they mention exists.
 */
import { posix } from "node:path";
import type { Finding, Repository } from "./repository.ts";

interface Link {
  readonly target: string;
  readonly line: number;
}

/** Broken links and unknown npm scripts in all *.md files. */
export function checkMarkdown(repository: Repository, paths: readonly string[]): Finding[] {
  const documents = paths.filter((path) => path.endsWith(".md"));
  const scripts = repository.has("package.json") ? scriptsOf(repository.text("package.json")) : new Set<string>();
  return documents.flatMap((path) => {
    const text = repository.text(path);
    return [...findBrokenLinks(repository, path, text), ...findUnknownScripts(path, text, scripts)];
  });
}

function scriptsOf(packageJson: string): Set<string> {
  const { scripts = {} }: { scripts?: Record<string, string> } = JSON.parse(packageJson);
  return new Set(Object.keys(scripts));
}

function findUnknownScripts(path: string, text: string, scripts: ReadonlySet<string>): Finding[] {
  return text.split("\n").flatMap((content, index) => {
    const mentions = content.matchAll(/\bnpm (?:(?:run|run-script) (?<name>[\w:.-]*\w)|(?<verb>test|start)\b)/g);
    return [...mentions].flatMap(({ groups }) => {
      const name = groups?.name ?? groups?.verb ?? "";
      if (scripts.has(name)) return [];
      const message = `package.json has no script "${name}"`;
      return [{ path, line: index + 1, rule: "npm scripts exist", message }];
    });
  });
}

function findBrokenLinks(repository: Repository, path: string, text: string): Finding[] {
  return linksOf(text).flatMap(({ target, line }) => {
    const message = problemWith(repository, path, target);
    return message ? [{ path, line, rule: "links resolve", message }] : [];
  });
}

function problemWith(repository: Repository, path: string, target: string): string | undefined {
  if (/^[a-z][a-z\d+.-]*:|^\/\//i.test(target)) return undefined;
  const [file = "", anchor] = decodeURI(target).split("#");
  const base = file.startsWith("/") ? "" : posix.dirname(path);
  const joined = posix.join(base, file.replace(/\?.*$/, "")).replace(/^\/|\/$/g, "");
  const goal = file === "" ? path : joined;
  // Above the root there is nothing a reader of the repository could open.
  if (goal !== "." && goal !== "" && !repository.has(goal)) return `${target} leads to ${goal}, which does not exist`;
  if (!anchor || !goal.endsWith(".md") || anchorsOf(repository.text(goal)).has(anchor.toLowerCase())) return undefined;
  return `${goal} has no heading #${anchor}`;
}

/** Links of all three kinds: inline, by definition, and HTML attributes. */
function linksOf(text: string): Link[] {
  const patterns = [
    /\]\(\s*<?(?<target>[^()\s<>]+(?:\([^()\s]*\)[^()\s]*)*)>?(?:\s+["'][^)]*)?\)/g,
    /^ {0,3}\[[^\]^]+\]:\s+<?(?<target>\S+?)>?(?:\s|$)/gm,
    /\b(?:href|src)="(?<target>[^"]+)"/g,
  ];
  const prose = withoutCode(text);
  const matches = patterns.flatMap((pattern) => [...prose.matchAll(pattern)]);
  return matches.map(({ groups, index }) => {
    return { target: groups?.target ?? "", line: prose.slice(0, index).split("\n").length };
  });
}

/** Blanks fenced and inline code but keeps the lines, so that line numbers stay right. */
function withoutCode(text: string): string {
  const blank = (code: string) => code.replace(/[^\n]/g, " ");
  return text.replace(/^ *(```+|~~~+)[\s\S]*?^ *\1 *$/gm, blank).replace(/(`+)(?!`)[^\n]*?[^`\n]\1(?!`)/g, blank);
}

/** The anchors GitHub makes of headings, and those set by hand. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set([...text.matchAll(/\b(?:id|name)="(?<id>[^"]+)"/g)].map(({ groups }) => groups?.id ?? ""));
  const prose = text.replace(/^ *(```+|~~~+)[\s\S]*?^ *\1 *$/gm, "");
  for (const { groups } of prose.matchAll(/^#{1,6} +(?<heading>.+?) *#* *$/gm)) {
    const words = (groups?.heading ?? "").replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const slug = words.replace(/[^\p{L}\p{N}\s_-]/gu, "").replace(/\s/g, "-");
    let anchor = slug;
    for (let copy = 1; anchors.has(anchor); copy += 1) anchor = `${slug}-${copy}`;
    anchors.add(anchor);
  }
  return anchors;
}
