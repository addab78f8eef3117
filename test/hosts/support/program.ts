import { mkdir, mkdtemp, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "../../..");

/**
 * Makes a separate Pulumi project that uses the components from TypeScript.
 *
 * @param source the program; it has `pulumi`, `SocketActivatedNginx`, `ReverseProxyStack` and `UnitSet`
 * @returns its directory, which the caller removes
 */
export async function makeProgram(source: string, directory?: string): Promise<string> {
  const at = directory ?? (await mkdtemp(join(tmpdir(), "quadlet-fleet-program-")));
  await mkdir(at, { recursive: true });
  const project = {
    name: "user-program",
    runtime: { name: "nodejs", options: { typescript: false } },
    main: "index.ts",
    plugins: { providers: [{ name: "quadlet", path: join(root, "provider") }] },
  };
  await writeFile(join(at, "Pulumi.yaml"), JSON.stringify(project));
  await writeFile(join(at, "package.json"), JSON.stringify({ name: "user-program", type: "module" }));
  const imports = [
    'import * as pulumi from "@pulumi/pulumi";',
    `import { ReverseProxyStack, SocketActivatedNginx, UnitSet } from ${JSON.stringify(join(root, "components/index.ts"))};`,
    "void [pulumi, ReverseProxyStack, SocketActivatedNginx, UnitSet];",
  ];
  await writeFile(join(at, "index.ts"), [...imports, source, ""].join("\n"));
  await symlink(join(root, "node_modules"), join(at, "node_modules"));
  return at;
}
