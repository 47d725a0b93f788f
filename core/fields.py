"""A column whose text is readable with the key alone."""

from typing import Any

from django.core.exceptions import FieldError
from django.db import models
from django.db.models.expressions import BaseExpression

from core.encryption import decrypt, encrypt


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text that the database holds as a token of `core.encryption`. Reading it without its key raises InvalidToken.

    It cannot be searched: the token of a text is another one each time, so that a lookup would miss every row in silence.
    What must be found has a keyed hash beside it. Lookups but `isnull` raise FieldError.
    """

    description = "Encrypted text"

    def get_prep_value(self, value: Any) -> Any:
        return value if value is None or isinstance(value, BaseExpression) else encrypt(str(value))

    def from_db_value(self, value: Any, *_: Any) -> str | None:
        return None if value is None else decrypt(value)

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is encrypted: no row can be found by it ({lookup_name}).")
        return super().get_lookup(lookup_name)

    def get_transform(self, lookup_name: str) -> Any:
        raise FieldError(f"{self.name} is encrypted: nothing can be computed of it ({lookup_name}).")
