"""What may be wrong with a flow or its data."""


class UserError(Exception):
    """A mistake in the flow or the data. Its text is one line for the user."""
