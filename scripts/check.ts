/**
 * Every check that needs no test run: types, lint and format, dead code, layer rules, house rules. All of them run even
 * when one fails, so that one run shows everything there is to mend.
 */
import { resolve } from "node:path";
import { checkLayers } from "./check/layers.ts";
import { type Finding, openRepository, type Repository } from "./check/repository.ts";
import { checkTidy } from "./check/tidy.ts";

interface Outcome {
  readonly ok: boolean;
  readonly output: string;
}

interface Check {
  readonly name: string;
  readonly about: string;
  readonly run: () => Outcome | Promise<Outcome>;
}

const root = resolve(import.meta.dir, "..");

const CHECKS: readonly Check[] = [
  { name: "tsc", about: "types", run: () => runTool("tsc", "--noEmit", "--pretty", "false") },
  {
    name: "biome",
    about: "lint and format",
    run: () => runTool("biome", "check", "--error-on-warnings", "--diagnostic-level=warn", "."),
  },
  { name: "knip", about: "unused files, exports and dependencies", run: () => runTool("knip", "--no-progress") },
  { name: "layers", about: "who may import whom, and what belongs where", run: () => runOwn(checkLayers) },
  { name: "tidy", about: "sizes, docstrings, tests, links", run: () => runOwn(checkTidy) },
  { name: "events", about: "changes of event schemas break no reader", run: checkEvents },
  { name: "generated", about: "files made from tables are up to date", run: checkGenerated },
];

const HELP = `Checks everything that needs no test run.

Usage: npm run check [-- NAME…]

${CHECKS.map(({ name, about }) => `  ${name.padEnd(11)}${about}`).join("\n")}

Examples:
  npm run check                    all of them
  npm run check -- layers          only the layer rules
  npm run check -- tsc biome       only these two
  npm run format                   let Biome mend what it can
`;

/** The tools are programs of their own, so they run at the same time; ours follow while those work. */
async function main(names: readonly string[]): Promise<number> {
  if (names.includes("--help") || names.includes("-h")) {
    process.stdout.write(HELP);
    return 0;
  }
  const unknown = names.find((name) => CHECKS.every((check) => check.name !== name));
  if (unknown !== undefined) {
    process.stderr.write(`There is no check "${unknown}".\n\n${HELP}`);
    return 2;
  }
  const chosen = CHECKS.filter(({ name }) => names.length === 0 || names.includes(name));
  const results = await Promise.all(chosen.map(runAndReport));
  const failed = chosen.filter((_, index) => !results[index]).map(({ name }) => name);
  const verdict = failed.length === 0 ? `all ${chosen.length} ok` : `failed: ${failed.join(", ")}`;
  process.stdout.write(`check: ${verdict}\n`);
  return failed.length === 0 ? 0 : 1;
}

async function runAndReport(check: Check): Promise<boolean> {
  const start = performance.now();
  const { ok, output } = await outcomeOf(check);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  process.stdout.write(`${check.name.padEnd(11)}${ok ? "ok    " : "failed"}  ${seconds} s\n`);
  if (output !== "") process.stdout.write(`${output.trimEnd()}\n\n`);
  return ok;
}

/** A check that cannot run has failed; the others still get their turn. */
async function outcomeOf(check: Check): Promise<Outcome> {
  try {
    return await check.run();
  } catch (error) {
    return { ok: false, output: error instanceof Error ? error.message : String(error) };
  }
}

/** Runs a tool of node_modules; what it says matters only when it fails. */
async function runTool(name: string, ...parameters: string[]): Promise<Outcome> {
  const command = [process.execPath, "x", "--no-install", name, ...parameters];
  const tool = Bun.spawn(command, { cwd: root, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr, code] = await Promise.all([tool.stdout.text(), tool.stderr.text(), tool.exited]);
  return { ok: code === 0, output: code === 0 ? "" : stdout + stderr };
}

/** Loaded only when it runs, so that a fault in the tables fails this check and no other. */
async function checkGenerated(): Promise<Outcome> {
  const { staleFiles } = await import("./generate/outputs.ts");
  const stale = staleFiles(root);
  return { ok: stale.length === 0, output: stale.map((path) => `${path} is stale: npm run generate`).join("\n") };
}

async function checkEvents(): Promise<Outcome> {
  const { breakAdvice, brokenEventSchemas } = await import("./check/event-schemas.ts");
  const broken = brokenEventSchemas(root);
  return { ok: broken.length === 0, output: broken.length === 0 ? "" : [...broken, breakAdvice].join("\n") };
}

/** Parsed files are kept, for layers and tidy look at the same ones. */
let repository: Repository | undefined;

function runOwn(find: (repository: Repository) => Finding[]): Outcome {
  repository ??= openRepository(root);
  const findings = find(repository);
  const lines = findings.map(({ path, line, rule, message, level }) => {
    const prefix = level === "warning" ? "warning: " : "";
    return `${path}:${line}  ${prefix}${rule}\n    ${message}`;
  });
  return { ok: findings.every(({ level }) => level === "warning"), output: lines.join("\n") };
}

process.exitCode = await main(process.argv.slice(2));
