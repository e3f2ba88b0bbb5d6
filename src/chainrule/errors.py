"""The one exception of the project's own."""


class InputError(ValueError):
    """What the user gave cannot be used: the message says what was expected, what came, what to do."""
