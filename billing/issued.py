"""The terms of an authorization as data: what a database that has never seen it needs to bill it.

Ids of ours, seconds, minor units; no name and no number of a person. Fields are only ever added: a newer web reads what an
older one issued.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any, Self

from billing.kept_seconds import kept_seconds
from billing.models import Authorization, Reservation
from billing.rating import Tariff

_TARIFF_FIELDS = frozenset(field.name for field in fields(Tariff))
_ADDED_LATER = frozenset({"usual_share_bps"})  # what a web of the release before did not issue


@dataclass(frozen=True, slots=True)
class IssuedSeconds:
    """Free seconds kept for the call, out of one package. `is_for_operator`: it was for this operator alone."""

    package_id: int
    seconds: int
    funded_by: str
    is_for_operator: bool


@dataclass(frozen=True, slots=True)
class Issued:
    """What `authorize` froze, held, and granted for `reference`. `free_seconds` are in the order of their use."""

    reference: str
    customer_id: int
    operator_id: int
    brand_id: int
    currency: str
    tariff: Tariff
    tax_jurisdiction: str
    cap_seconds: int
    cap_minor: int | None
    ends_at: datetime | None
    granted_seconds: int
    free_seconds: tuple[IssuedSeconds, ...] = ()
    usual_share_bps: int | None = None  # see billing.shares.Share

    def to_dict(self) -> dict[str, Any]:
        data = asdict(self)
        return data | {"ends_at": self.ends_at.timestamp() if self.ends_at else None}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """The way back. Raises KeyError, TypeError, ValueError for what no web of ours has issued."""
        known = {
            field.name: data[field.name]
            for field in fields(cls)
            if field.name in data or field.name not in _ADDED_LATER
        }
        tariff = {name: value for name, value in known["tariff"].items() if name in _TARIFF_FIELDS}
        ends_at = known["ends_at"]
        return cls(
            **known
            | {
                "tariff": Tariff(**tariff),
                "ends_at": None if ends_at is None else datetime.fromtimestamp(ends_at, UTC),
                "free_seconds": tuple(IssuedSeconds(**part) for part in known["free_seconds"]),
            }
        )


def issued(authorization: Authorization, kept: Sequence[Reservation] | None = None) -> Issued:
    """The terms of this authorization, as they are now. `kept`: its `kept_seconds`, where they were just read."""
    reservations = kept_seconds(authorization) if kept is None else kept
    return Issued(
        reference=authorization.reference,
        customer_id=authorization.customer_id,
        operator_id=authorization.operator_id,
        brand_id=authorization.brand_id,
        currency=authorization.currency,
        tariff=authorization.tariff,
        tax_jurisdiction=authorization.tax_jurisdiction,
        cap_seconds=authorization.cap_seconds,
        cap_minor=authorization.cap_minor,
        ends_at=authorization.ends_at,
        granted_seconds=authorization.granted_seconds,
        free_seconds=tuple(
            IssuedSeconds(
                package_id=row.package_id,
                seconds=row.seconds,
                funded_by=row.funded_by,
                is_for_operator=row.package.operator_id is not None,
            )
            for row in reservations
        ),
        usual_share_bps=authorization.usual_share_bps,
    )
