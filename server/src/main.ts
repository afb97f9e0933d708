/** Process entry: hands the command line over and turns what comes of it into an exit code. */
import { runCommandLine } from "./cli/command-line.ts";

process.exit(await runCommandLine(process.argv.slice(2)));
