/**
 * Builds the client as the package that is published: one JavaScript file without dependencies for browsers, Node and
 * Bun, one for the store in files of Node and Bun, and their types. Within the repository nothing is built; there the sources are imported.
 */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

const root = resolve(import.meta.dir, "..");
const clientFolder = join(root, "client");

/** Builds into a folder, which is emptied before. */
export async function buildClient(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  await bundle(folder, "src/index.ts", "browser");
  await bundle(folder, "src/file-store.ts", "node");
  await writeTypes(join(folder, "types"));
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(publishedManifest(), null, 2)}\n`);
  cpSync(join(clientFolder, "README.md"), join(folder, "README.md"));
}

async function bundle(folder: string, entry: string, target: "browser" | "node"): Promise<void> {
  await Bun.build({ entrypoints: [join(clientFolder, entry)], outdir: folder, target, format: "esm" });
}

/** The compiler leaves names of workspace packages as they are; published, their types lie beside the client's. */
async function writeTypes(folder: string): Promise<void> {
  const options = ["--project", join(clientFolder, "tsconfig.build.json"), "--outDir", folder];
  const compiler = Bun.spawn([process.execPath, "x", "--no-install", "tsc", ...options], { cwd: root, stdout: "pipe" });
  const [output, code] = await Promise.all([compiler.stdout.text(), compiler.exited]);
  if (code !== 0) throw new Error(`the types of the client do not compile:\n${output}`);
  for (const name of readdirSync(join(folder, "client"), { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".d.ts")) continue;
    const path = join(folder, "client", name);
    const protocol = relative(dirname(path), join(folder, "protocol/src")).replaceAll("\\", "/");
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replaceAll(/"@onhand\/protocol\/(\w+)"/g, `"${protocol}/$1.js"`));
  }
}

function publishedManifest(): object {
  const { scripts: _scripts, dependencies: _dependencies, ...manifest } = manifestOf("client");
  const { typebox } = manifestOf("protocol").dependencies as Record<string, string>;
  return {
    ...manifest,
    exports: {
      ".": { types: "./types/client/src/index.d.ts", default: "./index.js" },
      "./file-store": { types: "./types/client/src/file-store.d.ts", default: "./file-store.js" },
    },
    // Only its types: the schemas that the types of bodies are made from.
    dependencies: { typebox },
  };
}

const manifestOf = (workspace: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(root, workspace, "package.json"), "utf8"));

if (import.meta.main) {
  const folder = join(clientFolder, "dist");
  await buildClient(folder);
  process.stdout.write(`built ${relative(process.cwd(), folder)}; publish it with npm publish\n`);
}
