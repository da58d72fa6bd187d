"""A position in a query's tokens, shared by all parts of the parser."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from local.standins.athena.sql.errors import failure
from local.standins.athena.sql.lexer import RESERVED, Token
from local.standins.errors import UserError

_T = TypeVar("_T")


class Cursor:
    """Reads tokens; the last one has the kind end."""

    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._position = 0

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

    def _accept(self, *words: str) -> bool:
        """Reads these tokens, if they come next."""
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

    def _unexpected(self, expected: str) -> UserError:
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

    def _in_parentheses(self, read: Callable[[], _T]) -> _T:
        self._expect("(")
        value = read()
        self._expect(")")
        return value
