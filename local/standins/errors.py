"""Users' mistakes."""


class UserError(ValueError):
    """A mistake in a definition or the data; its message is for the user."""
