"""What can make two accounts one person's: no one deals with themselves. Read by `operators.contact_reads`."""

from enum import StrEnum


class Link(StrEnum):
    """What two accounts have in common, the strongest first."""

    LOGIN = "login"
    PHONE = "phone"
    DEVICE = "device"
