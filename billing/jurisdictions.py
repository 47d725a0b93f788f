"""How tax jurisdictions are named: a state of the US, or a county or city in one. Pure."""

import re

from django.core.exceptions import ValidationError

# States, the District of Columbia, and territories, as the postal service abbreviates them.
STATES = frozenset(
    [
        "AL",
        "AK",
        "AZ",
        "AR",
        "CA",
        "CO",
        "CT",
        "DE",
        "DC",
        "FL",
        "GA",
        "HI",
        "ID",
        "IL",
        "IN",
        "IA",
        "KS",
        "KY",
        "LA",
        "ME",
        "MD",
        "MA",
        "MI",
        "MN",
        "MS",
        "MO",
        "MT",
        "NE",
        "NV",
        "NH",
        "NJ",
        "NM",
        "NY",
        "NC",
        "ND",
        "OH",
        "OK",
        "OR",
        "PA",
        "RI",
        "SC",
        "SD",
        "TN",
        "TX",
        "UT",
        "VT",
        "VA",
        "WA",
        "WV",
        "WI",
        "WY",
        "AS",
        "GU",
        "MP",
        "PR",
        "VI",
    ]
)
_CODE = re.compile(r"\A([A-Z]{2})(-[A-Z0-9]+)*\Z")


def require_jurisdiction(code: str) -> None:
    """Raise ValidationError unless `code` is a state, or a place in one: NY, NY-NYC, TX-TRAVIS-COUNTY."""
    found = _CODE.match(code)
    if found is None:
        raise ValidationError("A state such as NY, or with a county or city: NY-NYC, TX-TRAVIS-COUNTY.")
    if found[1] not in STATES:
        raise ValidationError("%(code)s isn’t a US state.", params={"code": found[1]})
