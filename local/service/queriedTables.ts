/** Tokens of a query that matter for names of tables, without comments and texts. */
const token =
  /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|((?:"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*)(?:\s*\.\s*(?:"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*))*)|([(),])/gu;

/** Functions with a FROM in their arguments, such as `EXTRACT(YEAR FROM day)`. */
const withFrom = new Set(["extract", "overlay", "substring", "trim"]);

/** Words that end the list of tables after FROM. */
const ending = new Set(
  "where group order having limit offset union intersect except window fetch on using".split(" "),
);

/** Words in the place of a table. */
const notTables = new Set(["lateral", "select", "table", "unnest", "values", "with"]);

/** The parts of a name, in lower case. */
function parts(name: string): readonly string[] {
  return [...name.matchAll(/"((?:[^"]|"")*)"|[^\s."]+/g)].map(([all, quoted]) =>
    (quoted?.replaceAll('""', '"') ?? all).toLowerCase(),
  );
}

/**
 * The tables that a query reads, as `database.table`: the names after FROM and JOIN, except WITH tables. The full parser is
 * in the stand-in that runs the query.
 *
 * @param database default database
 */
export function queriedTables(sql: string, database: string): readonly string[] {
  const found: (readonly string[])[] = [];
  const own = new Set<string>();
  const open: { readonly before: string; readonly isQuery: boolean; isList: boolean }[] = [];
  let here = { before: "", isQuery: true, isList: false };
  let expected = false;
  let previous = "";
  let named = "";
  for (const [, name, mark] of sql.matchAll(token)) {
    const word = name?.toLowerCase() ?? mark ?? "";
    if (word === "") {
      continue;
    }
    let last = name === undefined ? word : (parts(name).at(-1) ?? "");
    if (mark === "(") {
      if (previous === "as") {
        own.add(named);
      }
      open.push(here);
      // A table may be next here too: `FROM (a JOIN b ON ...)`.
      here = { before: previous, isQuery: !withFrom.has(previous), isList: false };
    } else if (mark === ")") {
      last = here.before;
      here = open.pop() ?? here;
      expected = false;
    } else if (mark === ",") {
      expected = here.isList;
    } else if ((word === "from" && here.isQuery && previous !== "distinct") || word === "join") {
      here.isList = true;
      expected = true;
    } else if (ending.has(word)) {
      here.isList &&= word === "on" || word === "using";
      expected = false;
    } else if (word === "as") {
      named = previous;
    } else if (name !== undefined && expected) {
      if (!notTables.has(word)) {
        found.push(parts(name));
      }
      expected = false;
    }
    previous = last;
  }
  const tables = found.flatMap((name) => {
    const [table = "", inDatabase = database] = [...name].reverse();
    return name.length === 1 && own.has(table) ? [] : [`${inDatabase.toLowerCase()}.${table}`];
  });
  return [...new Set(tables)];
}
