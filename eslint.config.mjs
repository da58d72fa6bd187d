import eslint from "@eslint/js";
import pulumi from "@pulumi/eslint-plugin";
import tseslint from "typescript-eslint";

/** Folders that stand above the program: nothing that it is made of imports from them. */
const above = ["bench", "cli", "local", "offline", "policy", "report", "serving", "tests", "tools"];

/** The folders that a folder's files may not import from. Nothing imports cli, but tests. */
const arrows = {
  pipeline: ["components", "config", ...above],
  config: ["components", ...above],
  components: ["config", ...above],
  terminal: ["components", "config", ...above],
  policy: ["components", "config", ...above.filter((folder) => folder !== "policy")],
  serving: above.filter((folder) => folder !== "serving"),
  offline: ["components", "config", ...above.filter((folder) => !/^(local|offline)$/.test(folder))],
  report: ["bench", "cli", "components", "config", "policy", "serving", "tests", "tools"],
  local: ["bench", "cli", "components", "config", "policy", "serving", "tests", "tools"],
  cli: ["bench", "components", "policy", "serving", "tests", "tools"],
  tools: ["bench", "cli", "policy", "tests"],
};

function forbid(folder, regex, message) {
  return {
    files: [`${folder}/**/*.ts`],
    rules: { "no-restricted-imports": ["error", { patterns: [{ regex, message }] }] },
  };
}

export default tseslint.config(
  { ignores: ["node_modules/", ".local/", ".venv/"] },
  eslint.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    plugins: { "@pulumi": pulumi },
    rules: {
      "@pulumi/no-output-in-template-literal": "error",
      "@pulumi/no-output-instance-in-template-literal": "error",
      // Keys of JSON documents are written as the documents write them.
      "@typescript-eslint/dot-notation": "off",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
    },
  },
  forbid("contract", "^\\.\\./", "contract/ is for others to rely on: it imports nothing of ours."),
  ...Object.entries(arrows).map(([folder, others]) =>
    forbid(
      folder,
      `^(\\.\\./)+(${others.join("|")})/`,
      `${folder}/ imports nothing of ${others.join(", ")}.`,
    ),
  ),
  forbid(
    "pipeline/language",
    "^\\.\\./",
    "pipeline/language/ is about anybody's definitions: it imports nothing of ours.",
  ),
  {
    files: ["**/*.cjs", "**/*.mjs"],
    languageOptions: {
      globals: { Buffer: "readonly", URL: "readonly", console: "readonly", process: "readonly" },
    },
  },
);
