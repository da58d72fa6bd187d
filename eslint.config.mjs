import eslint from "@eslint/js";
import pulumi from "@pulumi/eslint-plugin";
import tseslint from "typescript-eslint";

/** The folders that the files of a folder may import from, beside their own. Nothing imports cli, but tests. */
const arrows = {
  contract: [],
  errors: [],
  pipeline: [],
  terminal: ["errors", "pipeline"],
  config: ["contract", "errors", "pipeline"],
  components: ["contract", "errors", "pipeline"],
  policy: ["pipeline"],
  serving: ["components", "config", "contract", "errors", "pipeline"],
  offline: ["errors", "pipeline", "serving"],
  local: ["contract", "errors", "offline", "pipeline", "terminal"],
  sageMaker: ["contract", "errors", "local", "pipeline", "terminal"],
  report: ["local", "pipeline", "sageMaker", "terminal"],
  cli: ["contract", "errors", "local", "offline", "pipeline", "report", "sageMaker", "terminal"],
  bench: ["offline", "pipeline"],
  tools: ["config", "contract", "local", "offline", "report", "serving"],
};

const folders = [...Object.keys(arrows), "tests"];

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
  ...Object.entries(arrows).map(([folder, allowed]) => {
    const others = folders.filter((one) => one !== folder && !allowed.includes(one));
    return forbid(
      folder,
      `^(\\.\\./)+(${others.join("|")})/`,
      `${folder}/ imports of ours ${allowed.join(", ") || "nothing"}.`,
    );
  }),
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
