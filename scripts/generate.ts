/** Writes the files that are made from tables in the code: the client's operations, reference pages, event schemas. */
import { resolve } from "node:path";
import { breakAdvice, brokenEventSchemas } from "./check/event-schemas.ts";
import { staleFiles, writeStaleFiles } from "./generate/outputs.ts";

const HELP = `Writes the generated files: the client's operations, the pages of docs/reference, the schemas of events.

Usage: npm run generate               writes what is stale
       npm run generate -- --check    writes nothing; exit code 1 when something is stale
`;

const root = resolve(import.meta.dir, "..");

function main(parameters: readonly string[]): number {
  if (parameters.includes("--help") || parameters.includes("-h")) {
    process.stdout.write(HELP);
    return 0;
  }
  const unknown = parameters.find((parameter) => parameter !== "--check");
  if (unknown !== undefined) {
    process.stderr.write(`Unknown option ${unknown}.\n\n${HELP}`);
    return 2;
  }
  const isCheck = parameters.includes("--check");
  const broken = brokenEventSchemas(root);
  if (broken.length > 0) {
    process.stderr.write(`${[...broken, breakAdvice].join("\n")}\nNothing was written.\n`);
    return 1;
  }
  const paths = isCheck ? staleFiles(root) : writeStaleFiles(root);
  for (const path of paths) process.stdout.write(`${isCheck ? "stale, run npm run generate" : "written"}: ${path}\n`);
  return isCheck && paths.length > 0 ? 1 : 0;
}

process.exitCode = main(process.argv.slice(2));
