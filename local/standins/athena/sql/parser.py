"""Reads one query by Trino's grammar, and nothing that the grammar does not have.

The grammar is SqlBase.g4 of trinodb/trino. What it has and the local run does not is refused by
name where the parser meets it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from local.standins.athena.sql.errors import failure, not_here
from local.standins.athena.sql.lexer import RESERVED, Token, tokens
from local.standins.athena.sql.tree import (
    Aliased,
    ArrayOf,
    Between,
    Binary,
    Body,
    Call,
    Case,
    Cast,
    Comparison,
    Exists,
    Expression,
    Extract,
    Frame,
    GroupBy,
    InList,
    InQuery,
    IntervalLiteral,
    IsNull,
    Item,
    Join,
    Like,
    Literal,
    Name,
    Place,
    Query,
    QueryValue,
    Relation,
    Select,
    SetOperation,
    SortItem,
    Subscript,
    TableName,
    TypedLiteral,
    Unary,
    Unnest,
    Values,
    Window,
)  # fmt: skip

_COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")
_CLOCKS = ("current_date", "current_timestamp", "localtimestamp")
_UNAVAILABLE_WORDS = (
    "current_time", "localtime", "current_user", "current_catalog", "current_schema",
    "current_path", "json_array", "json_exists", "json_object", "json_query", "json_value",
    "listagg", "normalize", "grouping",
)  # fmt: skip
_INTERVAL_UNITS = ("year", "month", "day", "hour", "minute", "second")
# Types of one word that may stand before a text.
_LITERAL_TYPES = (
    "date", "timestamp", "decimal", "real", "double", "tinyint", "smallint", "integer", "int",
    "bigint", "boolean", "varchar", "char",
)  # fmt: skip
# Types that Trino has and the local run does not.
_UNAVAILABLE_TYPES = (
    "time", "json", "varbinary", "row", "map", "uuid", "ipaddress", "hyperloglog", "qdigest",
    "tdigest", "geometry", "interval",
)  # fmt: skip
# A word after which a relation cannot have an alias without AS.
_AFTER_RELATION = ("limit", "offset", "fetch", "window", "tablesample", "match_recognize")
_T = TypeVar("_T")


def parse(text: str) -> Query:
    """The query of a text: one SELECT, or that of a CREATE TABLE AS.

    Raises:
        ValueError: One line with Athena's code.
    """
    parser = _Parser(tokens(text))
    return parser.statement()


class _Parser:
    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._position = 0

    # Tokens

    @property
    def _next(self) -> Token:
        return self._tokens[self._position]

    def _peek(self, ahead: int = 1) -> Token:
        return self._tokens[min(self._position + ahead, len(self._tokens) - 1)]

    def _take(self) -> Token:
        token = self._next
        self._position = min(self._position + 1, len(self._tokens) - 1)
        return token

    def _at(self, *texts: str) -> bool:
        token = self._next
        return token.kind in ("word", "sign") and token.text in texts

    def _at_words(self, *words: str) -> bool:
        return all(
            self._peek(ahead).kind == "word" and self._peek(ahead).text == word
            for ahead, word in enumerate(words)
        )

    def _accept(self, *words: str) -> bool:
        """Takes these tokens if all of them come next."""
        for ahead, word in enumerate(words):
            token = self._peek(ahead)
            if token.kind not in ("word", "sign") or token.text != word:
                return False
        for _ in words:
            self._take()
        return True

    def _expect(self, *words: str) -> None:
        for word in words:
            if not self._accept(word):
                raise self._unexpected(f"'{word}'")

    def _unexpected(self, expected: str) -> ValueError:
        shown = " ".join(self._next.shown.split())
        return failure(
            "SYNTAX_ERROR", self._next.place, f"mismatched input '{shown}'. Expecting: {expected}"
        )

    def _is_identifier(self, token: Token) -> bool:
        return token.kind == "quoted" or (token.kind == "word" and token.text not in RESERVED)

    def _identifier(self) -> str:
        if not self._is_identifier(self._next):
            raise self._unexpected("<identifier>")
        return self._take().text

    def _list(self, read: Callable[[], _T]) -> tuple[_T, ...]:
        items = [read()]
        while self._accept(","):
            items.append(read())
        return tuple(items)

    def _integer(self) -> int:
        if self._next.kind != "integer":
            raise self._unexpected("<integer>")
        return int(self._take().text)

    # Statements

    def statement(self) -> Query:
        self._refuse_other_statements()
        query = self._created_table() if self._accept("create") else self._query()
        self._accept(";")
        if self._next.kind != "end":
            raise self._unexpected("<EOF>")
        return query

    def _refuse_other_statements(self) -> None:
        statements = 0
        fresh = True
        for token in self._tokens:
            if token.kind == "sign" and token.text == ";":
                fresh = True
            elif token.kind != "end":
                statements += fresh
                fresh = False
        if statements != 1:
            raise ValueError(f"the query must be one statement, not {statements}")
        first = self._next
        others = ("drop", "insert", "delete", "update", "merge", "show", "describe", "alter")
        if first.kind == "word" and first.text in (*others, "explain", "unload", "msck"):
            raise _not_a_select(first.text)
        if first.text == "create" and self._peek().text != "table":
            raise _not_a_select("create")

    def _created_table(self) -> Query:
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

    def _query(self) -> Query:
        place = self._next.place
        tables: tuple[tuple[str, tuple[str, ...], Query], ...] = ()
        if self._accept("with"):
            if self._at("recursive"):
                raise not_here(self._next.place, "WITH RECURSIVE")
            tables = self._list(self._named_query)
        query = self._query_without_with()
        if not tables:
            return query
        return Query(place, tables, query.body, query.order_by, query.offset, query.limit)

    def _named_query(self) -> tuple[str, tuple[str, ...], Query]:
        name = self._identifier()
        columns = self._column_aliases()
        self._expect("as", "(")
        query = self._query()
        self._expect(")")
        return name, columns, query

    def _column_aliases(self) -> tuple[str, ...]:
        if not self._accept("("):
            return ()
        names = self._list(self._identifier)
        self._expect(")")
        return names

    def _query_without_with(self) -> Query:
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
        if isinstance(body, Query) and not order_by and offset is None and limit is None:
            return body
        return Query(place, (), body, order_by, offset, limit)

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

    def _order_by(self) -> tuple[SortItem, ...]:
        if not self._at("order"):
            return ()
        self._expect("order", "by")
        return self._list(self._sort_item)

    def _sort_item(self) -> SortItem:
        place = self._next.place
        value = self._expression()
        descending = self._accept("desc") or (self._accept("asc") and False)
        nulls_first = False
        if self._accept("nulls"):
            nulls_first = self._accept("first")
            if not nulls_first:
                self._expect("last")
        return SortItem(place, value, descending, nulls_first)

    def _term(self) -> Body:
        left = self._intersection()
        while self._at("union", "except"):
            left = self._set_operation(left, self._intersection)
        return left

    def _intersection(self) -> Body:
        left = self._primary_query()
        while self._at("intersect"):
            left = self._set_operation(left, self._primary_query)
        return left

    def _set_operation(self, left: Body, read: Callable[[], Body]) -> SetOperation:
        token = self._take()
        keep_all = self._accept("all")
        if not keep_all:
            self._accept("distinct")
        if keep_all and token.text != "union":
            raise not_here(token.place, f"{token.text.upper()} ALL")
        return SetOperation(token.place, token.text, not keep_all, left, read())

    def _primary_query(self) -> Body:
        place = self._next.place
        if self._accept("("):
            query = self._query_without_with()
            self._expect(")")
            return query
        if self._accept("values"):
            return Values(place, self._list(self._row))
        if self._accept("table"):
            return self._table_name()
        if self._at("select"):
            return self._select()
        raise self._unexpected("'(', 'SELECT', 'TABLE', 'VALUES', 'WITH'")

    def _row(self) -> tuple[Expression, ...]:
        self._accept("row")
        if not self._accept("("):
            return (self._expression(),)
        items = self._list(self._expression)
        self._expect(")")
        return items

    def _select(self) -> Select:
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
        return Select(place, items, distinct, source, where, group_by, having, windows)

    def _item(self) -> Item:
        token = self._next
        if self._accept("*"):
            return Item(token.place, None, None)
        if self._is_identifier(token) and (self._peek().text, self._peek(2).text) == (".", "*"):
            name = self._identifier()
            self._take(), self._take()
            if self._at("as"):
                raise not_here(self._next.place, "AS after *")
            return Item(token.place, None, None, name)
        value = self._expression()
        alias = None
        if self._accept("as") or self._is_alias():
            alias = self._identifier()
        return Item(token.place, value, alias)

    def _is_alias(self) -> bool:
        token = self._next
        if token.kind == "word" and token.text in ("limit", "offset", "fetch", "window"):
            return self._alias_for_certain()
        return self._is_identifier(token)

    def _alias_for_certain(self) -> bool:
        """Whether a word that also begins a clause is an alias here: no number or name follows."""
        after = self._peek()
        ends = after.kind == "end" or (after.kind == "sign" and after.text in (",", ")", ";"))
        return ends or (after.kind == "word" and after.text in ("from", "where"))

    def _group_by(self) -> GroupBy | None:
        if not self._at("group"):
            return None
        self._expect("group", "by")
        if self._accept("all") or self._accept("distinct"):
            raise not_here(self._next.place, "GROUP BY ALL or DISTINCT")
        return GroupBy(self._list(self._grouping_element))

    def _grouping_element(self) -> tuple[str, tuple[tuple[Expression, ...], ...]]:
        for kind in ("rollup", "cube"):
            if self._accept(kind):
                return kind, self._grouping_sets()
        if self._accept("grouping", "sets"):
            return "grouping sets", self._grouping_sets()
        if self._at("(") and self._is_list_in_parentheses():
            return "plain", (self._grouping_set(),)
        return "plain", ((self._expression(),),)

    def _is_list_in_parentheses(self) -> bool:
        """Whether the parenthesis that comes next holds a list, `(a, b)` or `()`."""
        depth, ahead = 0, 0
        while (token := self._peek(ahead)).kind != "end":
            if token.kind == "sign":
                depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(token.text, 0)
                if token.text == "," and depth == 1:
                    return True
                if depth == 0:
                    return ahead == 1
            ahead += 1
        return False

    def _grouping_sets(self) -> tuple[tuple[Expression, ...], ...]:
        self._expect("(")
        sets = self._list(self._grouping_set)
        self._expect(")")
        return sets

    def _grouping_set(self) -> tuple[Expression, ...]:
        if not (self._at("(") and (self._is_list_in_parentheses() or self._is_single())):
            return (self._expression(),)
        self._expect("(")
        items = () if self._at(")") else self._list(self._expression)
        self._expect(")")
        return items

    def _is_single(self) -> bool:
        """Whether the parenthesis that comes next ends the element: `(a)`, not `(a) + 1`."""
        depth, ahead = 0, 0
        while (token := self._peek(ahead)).kind != "end":
            if token.kind == "sign":
                depth += {"(": 1, ")": -1}.get(token.text, 0)
                if depth == 0:
                    return self._peek(ahead + 1).text in (",", ")")
            ahead += 1
        return False

    def _window_definition(self) -> tuple[str, Window]:
        name = self._identifier()
        self._expect("as")
        return name, self._window()

    # Relations

    def _relations(self) -> Relation:
        place = self._next.place
        relation = self._joined()
        while self._accept(","):
            relation = Join(place, "cross", relation, self._joined(), None, ())
        return relation

    def _joined(self) -> Relation:
        relation = self._sampled()
        while True:
            place = self._next.place
            if self._accept("cross", "join"):
                relation = Join(place, "cross", relation, self._sampled(), None, ())
                continue
            if self._at("natural"):
                raise not_here(place, "NATURAL JOIN")
            kind = self._join_kind()
            if kind is None:
                return relation
            right = self._joined()
            if self._accept("on"):
                relation = Join(place, kind, relation, right, self._expression(), ())
            elif self._accept("using"):
                relation = Join(place, kind, relation, right, None, self._column_aliases())
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

    def _sampled(self) -> Relation:
        relation = self._aliased()
        for word in ("tablesample", "match_recognize"):
            if self._at(word):
                raise not_here(self._next.place, word.upper())
        return relation

    def _aliased(self) -> Relation:
        place = self._next.place
        relation = self._primary_relation()
        clause = self._next.kind == "word" and self._next.text in _AFTER_RELATION
        if self._accept("as") or (self._is_identifier(self._next) and not clause):
            alias = self._identifier()
            return Aliased(place, relation, alias, self._column_aliases())
        return relation

    def _primary_relation(self) -> Relation:
        place = self._next.place
        if self._accept("unnest"):
            self._expect("(")
            arrays = self._list(self._expression)
            self._expect(")")
            return Unnest(place, arrays, self._accept("with", "ordinality"))
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

    def _relation_in_parentheses(self) -> Relation:
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
            except ValueError:
                if depth == 1:
                    raise
                self._position = start + 1
            else:
                return query
        relation = self._relations()
        self._expect(")")
        return relation

    def _table_name(self) -> TableName:
        place = self._next.place
        parts = [self._identifier()]
        while self._accept("."):
            parts.append(self._identifier())
        return TableName(place, tuple(parts))

    # Expressions, from the loosest operator to the tightest

    def _expression(self) -> Expression:
        left = self._conjunction()
        while self._at("or"):
            place = self._take().place
            left = Binary(place, "or", left, self._conjunction())
        return left

    def _conjunction(self) -> Expression:
        left = self._negation()
        while self._at("and"):
            place = self._take().place
            left = Binary(place, "and", left, self._negation())
        return left

    def _negation(self) -> Expression:
        if self._at("not"):
            place = self._take().place
            return Unary(place, "not", self._negation())
        return self._predicate()

    def _predicate(self) -> Expression:
        left = self._concatenation()
        place = self._next.place
        if self._at(*_COMPARISONS):
            operator = self._take().text
            if self._at("all", "some", "any") and self._peek().text == "(":
                raise not_here(self._next.place, f"{self._next.text.upper()} (query)")
            return Comparison(place, operator, left, self._concatenation())
        if self._accept("is"):
            negated = self._accept("not")
            if self._accept("null"):
                return self._negated(IsNull(place, left), negated)
            if self._accept("distinct"):
                self._expect("from")
                operator = "not distinct" if negated else "distinct"
                return Comparison(place, operator, left, self._concatenation())
            raise self._unexpected("'DISTINCT', 'NOT', 'NULL'")
        follows = self._peek() if self._at("not") else self._next
        if follows.kind != "word" or follows.text not in ("between", "in", "like"):
            return left
        negated = self._accept("not")
        if self._accept("between"):
            lower = self._concatenation()
            self._expect("and")
            return self._negated(Between(place, left, lower, self._concatenation()), negated)
        if self._accept("like"):
            pattern = self._concatenation()
            escape = self._concatenation() if self._accept("escape") else None
            return self._negated(Like(place, left, pattern, escape), negated)
        self._expect("in", "(")
        inside: Expression
        if self._at("select", "with", "values", "table"):
            inside = InQuery(place, left, self._query())
        else:
            inside = InList(place, left, self._list(self._expression))
        self._expect(")")
        return self._negated(inside, negated)

    @staticmethod
    def _negated(value: Expression, negated: bool) -> Expression:
        return Unary(value.place, "not", value) if negated else value

    def _concatenation(self) -> Expression:
        return self._binary(("||",), self._sum)

    def _sum(self) -> Expression:
        return self._binary(("+", "-"), self._product)

    def _product(self) -> Expression:
        return self._binary(("*", "/", "%"), self._signed)

    def _binary(self, operators: tuple[str, ...], read: Callable[[], Expression]) -> Expression:
        left = read()
        while self._next.kind == "sign" and self._next.text in operators:
            token = self._take()
            left = Binary(token.place, token.text, left, read())
        return left

    def _signed(self) -> Expression:
        if self._next.kind == "sign" and self._next.text in ("-", "+"):
            token = self._take()
            return Unary(token.place, token.text, self._signed())
        value = self._primary()
        if self._at("at") and self._peek().text == "time":
            raise not_here(self._next.place, "AT TIME ZONE")
        return value

    def _primary(self) -> Expression:
        value = self._simple()
        while True:
            place = self._next.place
            if self._accept("["):
                index = self._concatenation()
                self._expect("]")
                value = Subscript(place, value, index)
            elif self._at(".") and isinstance(value, Name):
                self._take()
                value = Name(value.place, (*value.parts, self._identifier()))
            else:
                return value

    def _simple(self) -> Expression:
        token = self._next
        if token.kind in ("string", "integer", "decimal", "double"):
            self._take()
            return Literal(token.place, token.kind, token.text)
        if token.kind == "quoted":
            return self._name_or_call()
        if self._at("("):
            return self._parenthesized()
        if token.kind != "word":
            raise self._unexpected("<expression>")
        if token.text in ("true", "false", "null"):
            self._take()
            kind = "null" if token.text == "null" else "boolean"
            return Literal(token.place, kind, token.text)
        special = {
            "case": self._case, "cast": self._cast, "try_cast": self._cast, "trim": self._trim,
            "extract": self._extract, "exists": self._exists,
        }.get(token.text)  # fmt: skip
        if special and (token.text == "case" or self._peek().text == "("):
            return special()
        if token.text in _CLOCKS:
            return self._clock()
        if token.text in _UNAVAILABLE_WORDS:
            raise not_here(token.place, token.text)
        if token.text == "interval" and (
            self._peek().kind == "string" or self._peek().text in "+-"
        ):
            return self._interval()
        if literal := self._typed_literal():
            return literal
        return self._name_or_call()

    def _parenthesized(self) -> Expression:
        place = self._take().place
        value: Expression
        if self._at("select", "with", "values", "table"):
            value = QueryValue(place, self._query())
        else:
            value = self._expression()
            if self._at(","):
                raise not_here(place, "a row")
        self._expect(")")
        if self._next.kind == "sign" and self._next.text == "->":
            raise not_here(place, "a lambda expression")
        return value

    def _case(self) -> Expression:
        place = self._take().place
        operand = None if self._at("when") else self._expression()
        branches = []
        while self._accept("when"):
            condition = self._expression()
            self._expect("then")
            branches.append((condition, self._expression()))
        if not branches:
            raise self._unexpected("'WHEN'")
        otherwise = self._expression() if self._accept("else") else None
        self._expect("end")
        return Case(place, operand, tuple(branches), otherwise)

    def _cast(self) -> Expression:
        token = self._take()
        self._expect("(")
        value = self._expression()
        self._expect("as")
        type_name = self._type()
        self._expect(")")
        return Cast(token.place, value, type_name, safe=token.text == "try_cast")

    def _type(self) -> str:
        """A type's name as Trino writes it, without blanks in its parentheses."""
        token = self._next
        if token.kind == "word" and token.text in _UNAVAILABLE_TYPES:
            raise not_here(token.place, f"the type {token.text}")
        name = self._identifier()
        if name == "double":
            self._accept("precision")
        if name == "array" and self._at("(", "<"):
            closing = ")" if self._take().text == "(" else ">"
            name = f"array({self._type()})"
            self._expect(closing)
        elif self._accept("("):
            numbers = self._list(self._integer)
            self._expect(")")
            name += f"({','.join(map(str, numbers))})"
        if self._accept("with"):
            self._expect("time", "zone")
            name += " with time zone"
        elif self._accept("without"):
            self._expect("time", "zone")
        while self._accept("array"):
            name = f"array({name})"
        return name

    def _extract(self) -> Expression:
        place = self._take().place
        self._expect("(")
        unit = self._identifier()
        self._expect("from")
        value = self._expression()
        self._expect(")")
        return Extract(place, unit, value)

    def _exists(self) -> Expression:
        place = self._take().place
        self._expect("(")
        query = self._query()
        self._expect(")")
        return Exists(place, query)

    def _trim(self) -> Expression:
        place = self._take().place
        self._expect("(")
        name = {"leading": "ltrim", "trailing": "rtrim", "both": "trim"}.get(self._next.text)
        if self._next.kind == "word" and name and self._peek().text != ")":
            self._take()
            characters = () if self._at("from") else (self._concatenation(),)
            self._expect("from")
            arguments = (self._concatenation(), *characters)
        else:
            name = "trim"
            first = self._concatenation()
            if self._accept("from"):
                arguments = (self._concatenation(), first)
            else:
                arguments = (first, *((self._concatenation(),) if self._accept(",") else ()))
        self._expect(")")
        return Call(place, name, arguments)

    def _clock(self) -> Expression:
        token = self._take()
        if self._at("("):
            raise not_here(token.place, f"{token.text} with a precision")
        return Call(token.place, token.text, ())

    def _interval(self) -> Expression:
        place = self._take().place
        sign = -1 if self._accept("-") else 1
        self._accept("+")
        if self._next.kind != "string":
            raise self._unexpected("<string>")
        text = self._take().text
        unit = self._interval_unit()
        until = self._interval_unit() if self._accept("to") else None
        return IntervalLiteral(place, sign, text, unit, until)

    def _interval_unit(self) -> str:
        if not self._at(*_INTERVAL_UNITS):
            raise self._unexpected(", ".join(f"'{unit.upper()}'" for unit in _INTERVAL_UNITS))
        return self._take().text

    def _typed_literal(self) -> Expression | None:
        token = self._next
        if token.text == "double" and self._peek().text == "precision":
            words = 2
        elif self._is_identifier(token):
            words = 1
        else:
            return None
        if self._peek(words).kind != "string":
            return None
        for _ in range(words):
            self._take()
        if token.text in _UNAVAILABLE_TYPES or token.text in ("x", "u"):
            raise not_here(token.place, f"a literal of the type {token.text}")
        if token.text not in _LITERAL_TYPES:
            raise failure("TYPE_NOT_FOUND", token.place, f"Unknown type: {token.text}")
        return TypedLiteral(token.place, token.text, self._take().text)

    def _name_or_call(self) -> Expression:
        token = self._next
        if token.text == "array" and token.kind == "word" and self._peek().text == "[":
            self._take(), self._take()
            items = () if self._at("]") else self._list(self._expression)
            self._expect("]")
            return ArrayOf(token.place, items)
        name = self._identifier()
        if self._next.kind == "sign" and self._next.text == "->":
            raise not_here(token.place, "a lambda expression")
        if not self._at("("):
            return Name(token.place, (name,))
        if name == "row":
            raise not_here(token.place, "a row")
        self._take()
        if name == "position":
            needle = self._concatenation()
            self._expect("in")
            arguments: tuple[Expression, ...] = (self._concatenation(), needle)
            self._expect(")")
            return Call(token.place, "strpos", arguments)
        return self._call(token.place, name)

    def _call(self, place: Place, name: str) -> Expression:
        if self._accept("*"):
            self._expect(")")
            return self._with_window(Call(place, name, (), star=True))
        distinct = self._accept("distinct")
        if not distinct and self._at("all") and self._peek().text != ")":
            self._take()
        arguments: tuple[Expression, ...] = ()
        if not self._at(")"):
            arguments = (self._expression(),)
            if name == "substring" and self._accept("from"):
                arguments += (self._concatenation(),)
                if self._accept("for"):
                    arguments += (self._concatenation(),)
            while self._accept(","):
                arguments += (self._expression(),)
        order_by = self._order_by()
        self._expect(")")
        call = Call(place, name, arguments, distinct=distinct, order_by=order_by)
        return self._with_window(call)

    def _with_window(self, call: Call) -> Expression:
        where = None
        if self._at("filter") and self._peek().text == "(":
            self._take()
            self._expect("(", "where")
            where = self._expression()
            self._expect(")")
        ignore_nulls = self._accept("ignore", "nulls")
        if not ignore_nulls:
            self._accept("respect", "nulls")
        over = None
        if self._accept("over"):
            if self._at("("):
                over = self._window()
            else:
                place = self._next.place
                over = Window(place, self._identifier(), (), (), None)
        return Call(
            call.place, call.name, call.arguments, call.star, call.distinct, call.order_by,
            where, ignore_nulls, over,
        )  # fmt: skip

    def _window(self) -> Window:
        place = self._next.place
        self._expect("(")
        base = None
        if self._is_identifier(self._next) and not (
            self._at_words("partition", "by") or self._at("rows", "range", "groups")
        ):
            base = self._identifier()
        partition_by = self._list(self._expression) if self._accept("partition", "by") else ()
        order_by = self._order_by()
        frame = self._frame() if self._at("rows", "range", "groups") else None
        self._expect(")")
        return Window(place, base, partition_by, order_by, frame)

    def _frame(self) -> Frame:
        token = self._take()
        if not self._accept("between"):
            return Frame(token.place, token.text, self._bound(), None)
        start = self._bound()
        self._expect("and")
        return Frame(token.place, token.text, start, self._bound())

    def _bound(self) -> str:
        if self._accept("current", "row"):
            return "current row"
        count = "unbounded" if self._accept("unbounded") else str(self._integer())
        if not self._at("preceding", "following"):
            raise self._unexpected("'FOLLOWING', 'PRECEDING'")
        return f"{count} {self._take().text}"


def _not_a_select(word: str) -> ValueError:
    return ValueError(f"the query must be a SELECT or a CREATE TABLE AS SELECT, not {word.upper()}")
