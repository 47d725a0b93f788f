"""What a call came to: one value, a list of components, one mapping to columns. Pure.

Settlement, its SQL function, corrections, audit, snapshots, and receipts all take it from here. A new kind of component is a
rule in `billing.rating.COMPONENTS` and a kind of transaction in `billing.ledger.states.CALL_SALES`; it needs no column and no SQL.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from core.money import Split

TALK, CONNECT_FEE, PROMO = "call", "connect_fee", "promo"  # the kinds of transaction they are posted as


@dataclass(frozen=True, slots=True)
class Component:
    """One part of a bill, in minor units, posted as one transaction of its `kind`.

    The customer pays `amount_minor` = operator + platform, and `tax_minor` on top; `promo_minor` is paid to the operator by
    the platform. `seconds` are those it was paid for, where time is what it is for.
    """

    kind: str
    amount_minor: int = 0
    operator_minor: int = 0
    platform_minor: int = 0
    promo_minor: int = 0
    tax_minor: int = 0
    seconds: int | None = None

    @classmethod
    def sale(cls, kind: str, parts: Split, seconds: int | None = None, *, tax_minor: int = 0) -> "Component":
        """Something that the customer pays, split between operator and platform, and the tax on it."""
        return cls(
            kind,
            amount_minor=parts.amount_minor,
            operator_minor=parts.operator_minor,
            platform_minor=parts.platform_minor,
            tax_minor=tax_minor,
            seconds=seconds,
        )

    @property
    def charged_minor(self) -> int:
        """What the customer pays for it, tax included."""
        return self.amount_minor + self.tax_minor

    def price_minor(self, is_tax_included: bool) -> int:
        """What it costs as prices are written: with the tax they contain, without what comes on top."""
        return self.charged_minor if is_tax_included else self.amount_minor

    def kept(self) -> dict[str, Any]:
        """As an authorization keeps it; `Component(**kept)` is the way back."""
        return {name: getattr(self, name) for name in _FIELDS}

    @property
    def is_empty(self) -> bool:
        """Whether no money moves for it."""
        return not (self.amount_minor or self.promo_minor or self.tax_minor)


_FIELDS = tuple(field.name for field in fields(Component))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one call comes to. `used_seconds` follows the order of the reserved packages.

    `charged_seconds` are what the timer shows, `billable_seconds` those in started increments.
    """

    charged_seconds: int
    billable_seconds: int
    free_used_seconds: int
    components: tuple[Component, ...]
    used_seconds: tuple[int, ...] = ()

    @property
    def cost_minor(self) -> int:
        """All the customer pays."""
        return sum(component.charged_minor for component in self.components)

    @property
    def operator_minor(self) -> int:
        """All the operator earns, pay for free minutes included."""
        return sum(component.operator_minor + component.promo_minor for component in self.components)

    @property
    def platform_minor(self) -> int:
        """The platform's part of what the customer pays, before its pay for free minutes."""
        return sum(component.platform_minor for component in self.components)

    @property
    def tax_minor(self) -> int:
        """What the customer pays on top of the operator's and the platform's part."""
        return sum(component.tax_minor for component in self.components)

    @property
    def promo_minor(self) -> int:
        """What the platform pays the operator for free minutes it gave."""
        return sum(component.promo_minor for component in self.components)

    @property
    def promo_seconds(self) -> int:
        """The free seconds that the platform pays for."""
        return self.component(PROMO).seconds or 0

    @property
    def talk_minor(self) -> int:
        return self.component(TALK).amount_minor

    @property
    def fee_minor(self) -> int:
        return self.component(CONNECT_FEE).amount_minor

    @property
    def paid_seconds(self) -> int:
        return self.billable_seconds - self.free_used_seconds

    def component(self, kind: str) -> Component:
        """The component of this kind; an empty one if there is none."""
        return next((component for component in self.components if component.kind == kind), Component(kind))

    def columns(self) -> dict[str, Any]:
        """The one mapping: column of `Authorization` → value."""
        return {
            "charged_seconds": self.charged_seconds,
            "billable_seconds": self.billable_seconds,
            "free_used_seconds": self.free_used_seconds,
            "talk_minor": self.talk_minor,
            "fee_minor": self.fee_minor,
            "operator_minor": self.operator_minor,
            "platform_minor": self.platform_minor,
            "promo_minor": self.promo_minor,
            "components": [component.kept() for component in self.components],
        }

    @classmethod
    def from_columns(cls, columns: Mapping[str, Any]) -> "Outcome":
        """The way back; `columns` may hold others."""
        stored: Sequence[Mapping[str, Any]] = columns["components"]
        return cls(
            charged_seconds=columns["charged_seconds"],
            billable_seconds=columns["billable_seconds"],
            free_used_seconds=columns["free_used_seconds"],
            components=tuple(Component(**component) for component in stored),
        )
