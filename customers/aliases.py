"""Names under which operators know customers: pleasant, neutral, and leading nowhere."""

import secrets

_FIRST = [
    "Amber",
    "Autumn",
    "Cedar",
    "Cobalt",
    "Coral",
    "Copper",
    "Dawn",
    "Ember",
    "Fern",
    "Harbor",
    "Hazel",
    "Indigo",
    "Ivory",
    "Juniper",
    "Linden",
    "Maple",
]
_LAST = [
    "Falcon",
    "Finch",
    "Fox",
    "Heron",
    "Kestrel",
    "Lark",
    "Lynx",
    "Marten",
    "Otter",
    "Owl",
    "Plover",
    "Raven",
    "Robin",
    "Sparrow",
    "Swift",
    "Wren",
]


def new_alias() -> str:
    """For example `Amber Heron 482`; no promise that it is unique."""
    return f"{secrets.choice(_FIRST)} {secrets.choice(_LAST)} {secrets.randbelow(900) + 100}"
