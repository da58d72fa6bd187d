"""Parses expressions."""

from __future__ import annotations

from collections.abc import Callable

from local.standins.athena.sql import tree
from local.standins.athena.sql.call_parser import CallParser
from local.standins.athena.sql.errors import failure, not_here

_COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")
_QUERY_WORDS = ("select", "with", "values", "table")
_CLOCKS = ("current_date", "current_timestamp", "localtimestamp")
_UNAVAILABLE_WORDS = (
    "current_time", "localtime", "current_user", "current_catalog", "current_schema",
    "current_path", "json_array", "json_exists", "json_object", "json_query", "json_value",
    "listagg", "normalize", "grouping",
)  # fmt: skip
_INTERVAL_UNITS = ("year", "month", "day", "hour", "minute", "second")
# Types of one word that may precede a text.
_LITERAL_TYPES = (
    "date", "timestamp", "decimal", "real", "double", "tinyint", "smallint", "integer", "int",
    "bigint", "boolean", "varchar", "char",
)  # fmt: skip
# Types of Trino that the local run does not support.
_UNAVAILABLE_TYPES = (
    "time", "json", "varbinary", "row", "map", "uuid", "ipaddress", "hyperloglog", "qdigest",
    "tdigest", "geometry", "interval",
)  # fmt: skip


class ExpressionParser(CallParser):
    """Parses expressions, by increasing precedence of operators."""

    def _query(self) -> tree.Query:
        """Parses a query in an expression."""
        raise NotImplementedError

    def _expression(self) -> tree.Expression:
        return self._binary((("or",), ("and",)), self._negation)

    def _negation(self) -> tree.Expression:
        if self._at("not"):
            place = self._take().place
            return tree.Operation(place, "not", (self._negation(),))
        return self._predicate()

    def _predicate(self) -> tree.Expression:
        left = self._concatenation()
        place = self._next.place
        if self._at(*_COMPARISONS):
            operator = self._take().text
            if self._at("all", "some", "any") and self._peek().text == "(":
                raise not_here(self._next.place, f"{self._next.text.upper()} (query)")
            return tree.Operation(place, operator, (left, self._concatenation()))
        if self._accept("is"):
            negated = self._accept("not")
            if self._accept("distinct"):
                self._expect("from")
                operator = f"is {'not ' if negated else ''}distinct from"
                return tree.Operation(place, operator, (left, self._concatenation()))
            if not self._accept("null"):
                raise self._unexpected("'DISTINCT', 'NOT', 'NULL'")
            test: tree.Expression = tree.Operation(place, "is null", (left,))
        else:
            follows = self._peek() if self._at("not") else self._next
            if follows.kind != "word" or follows.text not in ("between", "in", "like"):
                return left
            negated = self._accept("not")
            test = self._test(place, left)
        return tree.Operation(place, "not", (test,)) if negated else test

    def _test(self, place: tree.Place, left: tree.Expression) -> tree.Expression:
        if self._accept("between"):
            lower = self._concatenation()
            self._expect("and")
            return tree.Operation(place, "between", (left, lower, self._concatenation()))
        if self._accept("like"):
            pattern = self._concatenation()
            escape = self._concatenation() if self._accept("escape") else None
            return tree.Like(place, left, pattern, escape)
        self._expect("in", "(")
        inside: tree.Expression
        if self._at(*_QUERY_WORDS):
            inside = tree.InQuery(place, left, self._query())
        else:
            inside = tree.Operation(place, "in", (left, *self._list(self._expression)))
        self._expect(")")
        return inside

    def _concatenation(self) -> tree.Expression:
        return self._binary((("||",), ("+", "-"), ("*", "/", "%")), self._signed)

    def _binary(
        self, levels: tuple[tuple[str, ...], ...], read: Callable[[], tree.Expression]
    ) -> tree.Expression:
        """Parses operators of increasing precedence between operands, which `read` parses."""
        if not levels:
            return read()
        left = self._binary(levels[1:], read)
        while self._at(*levels[0]):
            token = self._take()
            right = self._binary(levels[1:], read)
            left = tree.Operation(token.place, token.text, (left, right))
        return left

    def _signed(self) -> tree.Expression:
        if self._at("-", "+"):
            token = self._take()
            return tree.Operation(token.place, token.text, (self._signed(),))
        value = self._primary()
        if self._at("at") and self._peek().text == "time":
            raise not_here(self._next.place, "AT TIME ZONE")
        return value

    def _primary(self) -> tree.Expression:
        value = self._simple()
        while True:
            place = self._next.place
            if self._accept("["):
                index = self._concatenation()
                self._expect("]")
                value = tree.Operation(place, "[]", (value, index))
            elif self._at(".") and isinstance(value, tree.Name):
                self._take()
                value = tree.Name(value.place, (*value.parts, self._identifier()))
            else:
                return value

    def _simple(self) -> tree.Expression:
        token = self._next
        if token.kind in ("string", "integer", "decimal", "double"):
            self._take()
            return tree.Literal(token.place, token.kind, token.text)
        if token.kind == "quoted":
            return self._name_or_call()
        if self._at("("):
            return self._parenthesized()
        if token.kind != "word":
            raise self._unexpected("<expression>")
        if token.text in ("true", "false", "null"):
            self._take()
            kind = "null" if token.text == "null" else "boolean"
            return tree.Literal(token.place, kind, token.text)
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

    def _parenthesized(self) -> tree.Expression:
        place = self._take().place
        value: tree.Expression
        if self._at(*_QUERY_WORDS):
            value = tree.QueryValue(place, self._query())
        else:
            value = self._expression()
            if self._at(","):
                raise not_here(place, "a row")
        self._expect(")")
        if self._at("->"):
            raise not_here(place, "a lambda expression")
        return value

    def _case(self) -> tree.Expression:
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
        return tree.Case(place, operand, tuple(branches), otherwise)

    def _cast(self) -> tree.Expression:
        token = self._take()
        self._expect("(")
        value = self._expression()
        self._expect("as")
        type_name = self._type()
        self._expect(")")
        return tree.Cast(token.place, value, type_name, safe=token.text == "try_cast")

    def _type(self) -> str:
        """A type's name in Trino's form, without blanks in parentheses."""
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

    def _extract(self) -> tree.Expression:
        place = self._take().place
        self._expect("(")
        unit = self._identifier()
        self._expect("from")
        value = self._expression()
        self._expect(")")
        return tree.Extract(place, unit, value)

    def _exists(self) -> tree.Expression:
        return tree.Exists(self._take().place, self._in_parentheses(self._query))

    def _trim(self) -> tree.Expression:
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
        return tree.Call(place, name, arguments)

    def _clock(self) -> tree.Expression:
        token = self._take()
        if self._at("("):
            raise not_here(token.place, f"{token.text} with a precision")
        return tree.Call(token.place, token.text, ())

    def _interval(self) -> tree.Expression:
        place = self._take().place
        sign = -1 if self._accept("-") else 1
        self._accept("+")
        if self._next.kind != "string":
            raise self._unexpected("<string>")
        text = self._take().text
        unit = self._interval_unit()
        until = self._interval_unit() if self._accept("to") else None
        return tree.IntervalLiteral(place, sign, text, unit, until)

    def _interval_unit(self) -> str:
        if not self._at(*_INTERVAL_UNITS):
            raise self._unexpected(", ".join(f"'{unit.upper()}'" for unit in _INTERVAL_UNITS))
        return self._take().text

    def _typed_literal(self) -> tree.Expression | None:
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
        return tree.TypedLiteral(token.place, token.text, self._take().text)

    def _name_or_call(self) -> tree.Expression:
        token = self._next
        if token.text == "array" and token.kind == "word" and self._peek().text == "[":
            self._take(), self._take()
            items = () if self._at("]") else self._list(self._expression)
            self._expect("]")
            return tree.Operation(token.place, "array", items)
        name = self._identifier()
        if self._at("->"):
            raise not_here(token.place, "a lambda expression")
        if not self._at("("):
            return tree.Name(token.place, (name,))
        if name == "row":
            raise not_here(token.place, "a row")
        self._take()
        if name == "position":
            needle = self._concatenation()
            self._expect("in")
            arguments: tuple[tree.Expression, ...] = (self._concatenation(), needle)
            self._expect(")")
            return tree.Call(token.place, "strpos", arguments)
        return self._call(token.place, name)
