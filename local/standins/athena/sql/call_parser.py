"""Parses function calls, with OVER, FILTER and ORDER BY."""

from __future__ import annotations

from dataclasses import replace

from local.standins.athena.sql import tree
from local.standins.athena.sql.cursor import Cursor


class CallParser(Cursor):
    """Parses function calls, windows and orders."""

    def _expression(self) -> tree.Expression:
        """Parses an argument."""
        raise NotImplementedError

    def _concatenation(self) -> tree.Expression:
        """Parses an expression without predicates and logic."""
        raise NotImplementedError

    def _call(self, place: tree.Place, name: str) -> tree.Expression:
        if self._accept("*"):
            self._expect(")")
            return self._with_window(tree.Call(place, name, (), star=True))
        distinct = self._accept("distinct")
        if not distinct and self._at("all") and self._peek().text != ")":
            self._take()
        arguments: tuple[tree.Expression, ...] = ()
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
        call = tree.Call(place, name, arguments, distinct=distinct, order_by=order_by)
        return self._with_window(call)

    def _with_window(self, call: tree.Call) -> tree.Expression:
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
                over = tree.Window(place, self._identifier(), (), (), None)
        return replace(call, where=where, ignore_nulls=ignore_nulls, over=over)

    def _window(self) -> tree.Window:
        place = self._next.place
        self._expect("(")
        base = None
        begins = self._at("rows", "range", "groups") or (
            self._at("partition") and self._peek().text == "by"
        )
        if self._is_identifier(self._next) and not begins:
            base = self._identifier()
        partition_by = self._list(self._expression) if self._accept("partition", "by") else ()
        order_by = self._order_by()
        frame = self._frame() if self._at("rows", "range", "groups") else None
        self._expect(")")
        return tree.Window(place, base, partition_by, order_by, frame)

    def _frame(self) -> tree.Frame:
        token = self._take()
        if not self._accept("between"):
            return tree.Frame(token.place, token.text, self._bound(), None)
        start = self._bound()
        self._expect("and")
        return tree.Frame(token.place, token.text, start, self._bound())

    def _bound(self) -> str:
        if self._accept("current", "row"):
            return "current row"
        count = "unbounded" if self._accept("unbounded") else str(self._integer())
        if not self._at("preceding", "following"):
            raise self._unexpected("'FOLLOWING', 'PRECEDING'")
        return f"{count} {self._take().text}"

    def _order_by(self) -> tuple[tree.SortItem, ...]:
        if not self._at("order"):
            return ()
        self._expect("order", "by")
        return self._list(self._sort_item)

    def _sort_item(self) -> tree.SortItem:
        place = self._next.place
        value = self._expression()
        descending = self._accept("desc") or (self._accept("asc") and False)
        nulls_first = False
        if self._accept("nulls"):
            nulls_first = self._accept("first")
            if not nulls_first:
                self._expect("last")
        return tree.SortItem(place, value, descending, nulls_first)
