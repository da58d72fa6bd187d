// Lists TypeScript files that import each other in a circle, types included, and fails if there are any: none of them can be
// read without the others.

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

/** The circles that are met on a walk through all imports: each as its files, the first of them again at the end. */
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
