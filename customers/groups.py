"""The websocket group of a customer's pages: whoever has news for them sends it here."""


def customer_group(customer_id: int) -> str:
    """All open pages of one customer."""
    return f"customer.{customer_id}"
