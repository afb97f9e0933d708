/** Finds a mapping: one that came with Onhand, by its name, or a file. */
import { readFile } from "node:fs/promises";
import { checkMapping, type Mapping, MappingProblem } from "./mapping.ts";
import onlineRetail from "./mappings/online-retail.json" with { type: "json" };

const builtIn: Readonly<Record<string, unknown>> = { "online-retail": onlineRetail };

/** Names of the mappings that come with Onhand. */
export const builtInMappings: readonly string[] = Object.keys(builtIn);

/** @param name of a built-in mapping, or path of a file @throws MappingProblem */
export async function loadMapping(name: string): Promise<Mapping> {
  if (Object.hasOwn(builtIn, name)) return checkMapping(builtIn[name], name);
  return checkMapping(await readJson(name), name);
}

async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new MappingProblem(
      `There is no mapping "${path}": neither a file (${(error as NodeJS.ErrnoException).code}) nor one of ${builtInMappings.join(", ")}.`,
    );
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new MappingProblem(`The mapping ${path} is no JSON: ${(error as Error).message}`);
  }
}
