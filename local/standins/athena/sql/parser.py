"""Parses a query by Trino's grammar, SqlBase.g4 of trinodb/trino.

Features that the local run does not support are refused by name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import groupby

from local.standins.athena.sql import tree
from local.standins.athena.sql.errors import not_here
from local.standins.athena.sql.lexer import tokens
from local.standins.athena.sql.relation_parser import RelationParser
from local.standins.errors import UserError


def parse(text: str) -> tree.Query:
    """Parses a SELECT, or the one in a CREATE TABLE AS.

    Raises:
        UserError: One line, with Athena's code.
    """
    return _Parser(tokens(text)).statement()


class _Parser(RelationParser):
    def statement(self) -> tree.Query:
        self._refuse_other_statements()
        query = self._created_table() if self._accept("create") else self._query()
        self._accept(";")
        if self._next.kind != "end":
            raise self._unexpected("<EOF>")
        return query

    def _refuse_other_statements(self) -> None:
        signs = [(token.kind, token.text) for token in self._tokens[:-1]]
        statements = sum(inside for inside, _ in groupby(signs, ("sign", ";").__ne__))
        if statements != 1:
            raise UserError(f"the query must be one statement, not {statements}")
        first = self._next
        others = ("drop", "insert", "delete", "update", "merge", "show", "describe", "alter")
        if first.kind == "word" and first.text in (*others, "explain", "unload", "msck"):
            raise _not_a_select(first.text)
        if first.text == "create" and self._peek().text != "table":
            raise _not_a_select("create")

    def _created_table(self) -> tree.Query:
        """The query of CREATE TABLE name WITH (...) AS query WITH DATA."""
        self._expect("table")
        self._accept("if", "not", "exists")
        self._identifier()
        while self._accept("."):
            self._identifier()
        if self._accept("comment"):
            self._take()
        if self._accept("with"):
            self._skip_parentheses()
        if not self._accept("as"):
            raise _not_a_select("create")
        query = self._query()
        if self._accept("with"):
            self._accept("no")
            self._expect("data")
        return query

    def _skip_parentheses(self) -> None:
        self._expect("(")
        depth = 1
        while depth:
            token = self._take()
            if token.kind == "end":
                raise self._unexpected("')'")
            if token.kind == "sign":
                depth += {"(": 1, ")": -1}.get(token.text, 0)

    # Queries

    def _query(self) -> tree.Query:
        place = self._next.place
        tables: tuple[tuple[str, tuple[str, ...], tree.Query], ...] = ()
        if self._accept("with"):
            if self._at("recursive"):
                raise not_here(self._next.place, "WITH RECURSIVE")
            tables = self._list(self._named_query)
        query = self._query_without_with()
        return replace(query, place=place, tables=tables) if tables else query

    def _named_query(self) -> tuple[str, tuple[str, ...], tree.Query]:
        name = self._identifier()
        columns = self._column_aliases()
        self._expect("as")
        return name, columns, self._in_parentheses(self._query)

    def _query_without_with(self) -> tree.Query:
        place = self._next.place
        body = self._term()
        order_by = self._order_by()
        offset = limit = None
        if self._accept("offset"):
            offset = self._integer()
            if not self._accept("rows"):
                self._accept("row")
        if self._accept("limit"):
            limit = None if self._accept("all") else self._integer()
        elif self._accept("fetch"):
            limit = self._fetch()
        if isinstance(body, tree.Query) and not order_by and offset is None and limit is None:
            return body
        return tree.Query(place, (), body, order_by, offset, limit)

    def _fetch(self) -> int:
        if not self._accept("first"):
            self._expect("next")
        rows = self._integer() if self._next.kind == "integer" else 1
        if not self._accept("rows"):
            self._expect("row")
        if self._at("with"):
            raise not_here(self._next.place, "FETCH FIRST ... WITH TIES")
        self._expect("only")
        return rows

    def _term(self) -> tree.Body:
        def intersections() -> tree.Body:
            return self._set_operations(("intersect",), self._primary_query)

        return self._set_operations(("union", "except"), intersections)

    def _set_operations(
        self, operators: tuple[str, ...], read: Callable[[], tree.Body]
    ) -> tree.Body:
        left = read()
        while self._at(*operators):
            token = self._take()
            keep_all = self._accept("all")
            if not keep_all:
                self._accept("distinct")
            if keep_all and token.text != "union":
                raise not_here(token.place, f"{token.text.upper()} ALL")
            left = tree.SetOperation(token.place, token.text, not keep_all, left, read())
        return left

    def _primary_query(self) -> tree.Body:
        place = self._next.place
        if self._at("("):
            return self._in_parentheses(self._query_without_with)
        if self._accept("values"):
            return tree.Values(place, self._list(self._row))
        if self._accept("table"):
            return self._table_name()
        if self._at("select"):
            return self._select()
        raise self._unexpected("'(', 'SELECT', 'TABLE', 'VALUES', 'WITH'")

    def _row(self) -> tuple[tree.Expression, ...]:
        self._accept("row")
        if not self._at("("):
            return (self._expression(),)
        return self._in_parentheses(lambda: self._list(self._expression))

    def _select(self) -> tree.Select:
        place = self._take().place
        distinct = self._accept("distinct")
        if not distinct:
            self._accept("all")
        items = self._list(self._item)
        source = self._relations() if self._accept("from") else None
        where = self._expression() if self._accept("where") else None
        group_by = self._group_by()
        having = self._expression() if self._accept("having") else None
        windows = self._list(self._window_definition) if self._accept("window") else ()
        return tree.Select(place, items, distinct, source, where, group_by, having, windows)

    def _item(self) -> tree.Item:
        token = self._next
        if self._accept("*"):
            return tree.Item(token.place, None, None)
        if self._is_identifier(token) and (self._peek().text, self._peek(2).text) == (".", "*"):
            name = self._identifier()
            self._take(), self._take()
            if self._at("as"):
                raise not_here(self._next.place, "AS after *")
            return tree.Item(token.place, None, None, name)
        value = self._expression()
        alias = None
        if self._accept("as") or self._is_alias():
            alias = self._identifier()
        return tree.Item(token.place, value, alias)

    def _is_alias(self) -> bool:
        token, after = self._next, self._peek()
        if token.kind != "word" or token.text not in ("limit", "offset", "fetch", "window"):
            return self._is_identifier(token)
        # The word does not begin a clause if no number or name follows.
        ends = after.kind == "end" or (after.kind == "sign" and after.text in (",", ")", ";"))
        return ends or (after.kind == "word" and after.text in ("from", "where"))

    def _group_by(self) -> tuple[tuple[str, tuple[tuple[tree.Expression, ...], ...]], ...]:
        if not self._at("group"):
            return ()
        self._expect("group", "by")
        if self._accept("all") or self._accept("distinct"):
            raise not_here(self._next.place, "GROUP BY ALL or DISTINCT")
        return self._list(self._grouping_element)

    def _grouping_element(self) -> tuple[str, tuple[tuple[tree.Expression, ...], ...]]:
        for kind in ("rollup", "cube"):
            if self._accept(kind):
                return kind, self._grouping_sets()
        if self._accept("grouping", "sets"):
            return "grouping sets", self._grouping_sets()
        if self._at("(") and self._closing()[1]:
            return "plain", (self._grouping_set(),)
        return "plain", ((self._expression(),),)

    def _closing(self) -> tuple[int, bool]:
        """How far ahead the next parenthesis closes, and whether it has a list: `(a, b)`, `()`."""
        depth, ahead, has_list = 0, 0, self._peek().text == ")"
        while (token := self._peek(ahead)).kind != "end":
            if token.kind == "sign":
                depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(token.text, 0)
                has_list |= token.text == "," and depth == 1
                if depth == 0:
                    break
            ahead += 1
        return ahead, has_list

    def _grouping_sets(self) -> tuple[tuple[tree.Expression, ...], ...]:
        return self._in_parentheses(lambda: self._list(self._grouping_set))

    def _grouping_set(self) -> tuple[tree.Expression, ...]:
        if self._at("("):
            closing, has_list = self._closing()
            # `(a)`, not `(a) + 1`.
            if has_list or self._peek(closing + 1).text in (",", ")"):
                self._take()
                items = () if self._at(")") else self._list(self._expression)
                self._expect(")")
                return items
        return (self._expression(),)

    def _window_definition(self) -> tuple[str, tree.Window]:
        name = self._identifier()
        self._expect("as")
        return name, self._window()


def _not_a_select(word: str) -> UserError:
    return UserError(f"the query must be a SELECT or a CREATE TABLE AS SELECT, not {word.upper()}")
