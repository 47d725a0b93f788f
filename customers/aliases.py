"""Names under which operators know customers: pleasant, neutral, and leading nowhere."""

import secrets

FIRST_WORDS = [
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
LAST_WORDS = [
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
    return f"{secrets.choice(FIRST_WORDS)} {secrets.choice(LAST_WORDS)} {secrets.randbelow(900) + 100}"
