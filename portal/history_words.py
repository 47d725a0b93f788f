"""What an operator sees of how well they know a customer. Pure."""


def history_words(past_calls: int) -> str:
    """Whether the two talked before: "New", "Returning, 3 calls"."""
    if not past_calls:
        return "New"
    return f"Returning, {past_calls} call{'' if past_calls == 1 else 's'}"
