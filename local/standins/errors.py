"""What may be wrong with what a user gives to a stand-in."""


class UserError(ValueError):
    """A mistake in a definition or the data; its text is for the user, without a stack trace."""
