/**
 * Checks every import against the layer table, and that certain things (SQL, `process.env`, clocks …) appear only
 * where they belong. Tests may import anything. Import cycles are found by Biome's noImportCycles.
 */
import { posix } from "node:path";
import { findConfined } from "./confinement.ts";
import { type Allowed, ENTRY_LAYERS, LAYERED_FOLDERS, LAYERS, type Layer, PACKAGES } from "./layer-table.ts";
import { type Finding, isCode, isTest, matchesAny, type Repository } from "./repository.ts";
import type { ImportReference } from "./source.ts";

/** All breaches of the layer table and of the confinement rules. */
export function checkLayers(repository: Repository): Finding[] {
  return repository.paths.filter(isCode).flatMap((path) => {
    const source = repository.source(path);
    if (isTest(path)) return findConfined(source);
    return [...findForbiddenImports(path, source.imports), ...findConfined(source)];
  });
}

function findForbiddenImports(path: string, imports: readonly ImportReference[]): Finding[] {
  const layer = layerOf(path);
  if (!layer) {
    if (!matchesAny(path, LAYERED_FOLDERS)) return [];
    const message = "this folder is in no layer; add it to scripts/check/layer-table.ts with a reason";
    return [{ path, line: 1, rule: "every file has a layer", message }];
  }
  return imports.flatMap((reference) => {
    const problem = problemWith(layer, path, reference);
    if (!problem) return [];
    return [{ path, line: reference.line, rule: problem, message: layer.reason }];
  });
}

/** What is wrong with one import, as the rule it breaks; undefined when all is well. */
function problemWith(layer: Layer, path: string, reference: ImportReference): string | undefined {
  const target = resolveImport(path, reference.specifier);
  if (target === undefined) return problemWithPackage(layer, reference.specifier);
  const targetLayer = layerOf(target);
  if (!targetLayer || targetLayer === layer) return undefined;
  const entry = ENTRY_LAYERS[targetLayer.name];
  if (entry && !entry.includes(layer.name)) return `${layer.name} may not import ${targetLayer.name}`;
  if (layer.imports === "anything") return undefined;
  const allowed = layer.imports.filter((each) => each.layer === targetLayer.name);
  if (allowed.some((each) => permits(each, target, reference))) return undefined;
  return `${layer.name} may not import ${targetLayer.name}${limitsOf(allowed)}; it may import ${listOf(layer.imports)}`;
}

function problemWithPackage(layer: Layer, specifier: string): string | undefined {
  if (!layer.packages || layer.packages.some((name) => isWithin(specifier, name))) return undefined;
  const list = layer.packages.length > 0 ? `only ${layer.packages.join(", ")}` : "none";
  return `${layer.name} may not import the package ${specifier}; of packages it may use ${list}`;
}

function permits(allowed: Allowed, target: string, reference: ImportReference): boolean {
  if (allowed.typesOnly && !reference.typesOnly) return false;
  return !allowed.files || matchesAny(target, allowed.files);
}

function limitsOf(allowed: readonly Allowed[]): string {
  const limits = allowed.map((each) => (each.typesOnly ? "its types" : (each.files ?? []).join(", ")));
  return limits.length > 0 ? ` except ${limits.join(" and ")}` : "";
}

function listOf(allowed: readonly Allowed[]): string {
  return allowed.map((each) => each.layer).join(", ") || "nothing of ours";
}

function layerOf(path: string): Layer | undefined {
  return LAYERS.find((layer) => matchesAny(path, layer.files));
}

/** The file an import leads to, or undefined when it leads out of the repository. */
function resolveImport(from: string, specifier: string): string | undefined {
  if (specifier.startsWith(".")) return posix.join(posix.dirname(from), specifier);
  const name = Object.keys(PACKAGES).find((each) => isWithin(specifier, each));
  const workspace = name === undefined ? undefined : PACKAGES[name];
  if (name === undefined || !workspace) return undefined;
  const rest = specifier.slice(name.length + 1);
  return rest === "" ? (workspace.entry ?? workspace.root) : `${workspace.root}/${rest}.ts`;
}

function isWithin(specifier: string, packageName: string): boolean {
  return specifier === packageName || specifier.startsWith(`${packageName}/`);
}
