/** Writes the files that are made from tables in the code: the client's operations and the reference pages. */
import { resolve } from "node:path";
import { staleFiles, writeStaleFiles } from "./generate/outputs.ts";

const HELP = `Writes the generated files: the client's operations and the pages of docs/reference.

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
  const paths = isCheck ? staleFiles(root) : writeStaleFiles(root);
  for (const path of paths) process.stdout.write(`${isCheck ? "stale, run npm run generate" : "written"}: ${path}\n`);
  return isCheck && paths.length > 0 ? 1 : 0;
}

process.exitCode = main(process.argv.slice(2));
