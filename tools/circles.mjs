// Lists import cycles of TypeScript files, types included, and fails if there are any: none of their files can be understood
// without the others.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

import ts from "typescript";

/** The files of a project that each of its files imports. */
function readImports() {
  const paths = ts.sys
    .readDirectory(".", [".ts"], ["node_modules", ".*"])
    .map((path) => join(path));
  const known = new Set(paths);
  const importsOf = (path) =>
    ts.preProcessFile(readFileSync(path, "utf8")).importedFiles.flatMap(({ fileName }) => {
      const base = join(dirname(path), fileName);
      const targets = [`${base}.ts`, join(base, "index.ts")];
      return fileName.startsWith(".") ? targets.filter((target) => known.has(target)) : [];
    });
  return new Map(paths.map((path) => [path, importsOf(path)]));
}

/** The import cycles: each as a list of files that ends with its first one. */
function findCircles(imports) {
  const circles = [];
  const done = new Set();
  const visit = (path, way) => {
    if (way.includes(path)) {
      circles.push([...way.slice(way.indexOf(path)), path]);
    } else if (!done.has(path)) {
      for (const imported of imports.get(path) ?? []) {
        visit(imported, [...way, path]);
      }
      done.add(path);
    }
  };
  for (const path of imports.keys()) {
    visit(path, []);
  }
  return circles;
}

const circles = findCircles(readImports());
for (const circle of circles) {
  console.error(`files import each other: ${circle.join(" -> ")}`);
}
process.exitCode = circles.length === 0 ? 0 : 1;
