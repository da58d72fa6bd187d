"""Parses relations: tables, joins, UNNEST and queries in parentheses."""

from __future__ import annotations

from local.standins.athena.sql import tree
from local.standins.athena.sql.errors import failure, not_here
from local.standins.athena.sql.expression_parser import ExpressionParser
from local.standins.errors import UserError

# Words that are not an alias without AS.
_AFTER_RELATION = ("limit", "offset", "fetch", "window", "tablesample", "match_recognize")


class RelationParser(ExpressionParser):
    """Parses FROM."""

    def _relations(self) -> tree.Relation:
        place = self._next.place
        relation = self._joined()
        while self._accept(","):
            relation = tree.Join(place, "cross", relation, self._joined(), None, ())
        return relation

    def _joined(self) -> tree.Relation:
        relation = self._sampled()
        while True:
            place = self._next.place
            if self._accept("cross", "join"):
                relation = tree.Join(place, "cross", relation, self._sampled(), None, ())
                continue
            if self._at("natural"):
                raise not_here(place, "NATURAL JOIN")
            kind = self._join_kind()
            if kind is None:
                return relation
            right = self._joined()
            if self._accept("on"):
                relation = tree.Join(place, kind, relation, right, self._expression(), ())
            elif self._accept("using"):
                relation = tree.Join(place, kind, relation, right, None, self._column_aliases())
            else:
                raise self._unexpected("'ON', 'USING'")

    def _join_kind(self) -> str | None:
        if self._accept("join") or self._accept("inner", "join"):
            return "inner"
        for kind in ("left", "right", "full"):
            if self._accept(kind):
                self._accept("outer")
                self._expect("join")
                return kind
        return None

    def _sampled(self) -> tree.Relation:
        relation = self._aliased()
        for word in ("tablesample", "match_recognize"):
            if self._at(word):
                raise not_here(self._next.place, word.upper())
        return relation

    def _aliased(self) -> tree.Relation:
        place = self._next.place
        relation = self._primary_relation()
        clause = self._next.kind == "word" and self._next.text in _AFTER_RELATION
        if self._accept("as") or (self._is_identifier(self._next) and not clause):
            alias = self._identifier()
            return tree.Aliased(place, relation, alias, self._column_aliases())
        return relation

    def _primary_relation(self) -> tree.Relation:
        place = self._next.place
        if self._accept("unnest"):
            arrays = self._in_parentheses(lambda: self._list(self._expression))
            return tree.Unnest(place, arrays, self._accept("with", "ordinality"))
        if self._at("lateral") and self._peek().text == "(":
            raise not_here(place, "LATERAL")
        if self._at("table") and self._peek().text == "(":
            raise not_here(place, "a table function")
        if self._at("("):
            return self._relation_in_parentheses()
        if self._next.kind == "string":
            raise self._unexpected("<identifier>")
        name = self._table_name()
        if self._at("("):
            raise failure(
                "FUNCTION_NOT_FOUND",
                place,
                f"{'.'.join(name.parts)}: not a table function of Athena",
            )
        if self._at("for"):
            raise not_here(self._next.place, "FOR TIMESTAMP or VERSION")
        return name

    def _relation_in_parentheses(self) -> tree.Relation:
        depth = 1
        while self._peek(depth).text == "(" and self._peek(depth).kind == "sign":
            depth += 1
        first = self._peek(depth)
        begins_query = first.kind == "word" and first.text in ("select", "with", "values", "table")
        start = self._position
        self._expect("(")
        if begins_query:
            try:
                query = self._query()
                self._expect(")")
            except UserError:
                if depth == 1:
                    raise
                self._position = start + 1
            else:
                return query
        relation = self._relations()
        self._expect(")")
        return relation

    def _table_name(self) -> tree.TableName:
        place = self._next.place
        parts = [self._identifier()]
        while self._accept("."):
            parts.append(self._identifier())
        return tree.TableName(place, tuple(parts), self._version())

    def _version(self) -> str | None:
        if self._accept("for", "version", "as", "of"):
            return f"VERSION AS OF {self._integer()}"
        if self._accept("for", "timestamp", "as", "of"):
            place = self._next.place
            self._expect("timestamp")
            if self._next.kind != "string":
                raise not_here(place, "a version by anything but TIMESTAMP '...'")
            return f"TIMESTAMP AS OF TIMESTAMP '{self._take().text}'"
        return None

    def _column_aliases(self) -> tuple[str, ...]:
        return self._in_parentheses(lambda: self._list(self._identifier)) if self._at("(") else ()
