import js from "@eslint/js";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig(
  { ignores: ["**/dist/", "dist-release/", "**/node_modules/", ".work/", "examples/", "template/"] },
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // One topic per file (CONTRIBUTING.md).
      "max-lines": ["error", { max: 300, skipBlankLines: true, skipComments: true }],
      eqeqeq: "error",
      // `interface X extends z.input<typeof schema> {}` gives the type of a schema a name.
      "@typescript-eslint/no-empty-object-type": ["error", { allowInterfaces: "with-single-extends" }],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/no-floating-promises": [
        "error",
        {
          allowForKnownSafeCalls: [
            { from: "package", name: ["test", "describe", "it", "suite"], package: "node:test" },
          ],
        },
      ],
    },
  },
  {
    // These files run in the browser.
    files: ["tools/site/.vitepress/theme/*.js"],
    languageOptions: { globals: { document: "readonly" } },
  },
  {
    files: ["**/*.cjs"],
    languageOptions: {
      globals: { module: "readonly", process: "readonly", require: "readonly" },
      sourceType: "commonjs",
    },
  },
);
