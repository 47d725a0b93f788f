"""Every phone number of a person, once. All other tables refer to its id."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import FieldError
from django.db import connection, models, transaction
from django.utils.translation import gettext as _

from core.encryption import hashes
from core.errors import Conflict
from core.fields import EncryptedTextField

HASH_PURPOSE = "phone number"


class PhoneNumberQuerySet(models.QuerySet["PhoneNumber"]):
    """Numbers are found by their hash, and written one at a time: the hash must be of the number beside it."""

    def of(self, e164: str) -> "PhoneNumberQuerySet":
        """The row of a number, if there is one; under whichever key it was hashed."""
        return self.filter(e164_hash__in=hashes(e164, HASH_PURPOSE))

    def update(self, **fields: Any) -> int:
        if fields.keys() & {"e164", "e164_hash", "last_two"}:
            raise FieldError("A number is written by `save`, with its hash.")
        return super().update(**fields)

    def forget(self) -> int:
        """Keep the hash alone: by it the number is known when somebody gives it to us again (`store_number`)."""
        return super().update(e164="", last_two="")

    def bulk_create(self, objs: Iterable["PhoneNumber"], *_: Any, **__: Any) -> Any:
        raise FieldError("Numbers are inserted one at a time, each under the lock of its hash.")


class PhoneNumber(models.Model):
    """A number of a customer, an operator, or somebody who wrote to us, in E.164. Our own numbers are no secret and not here.

    `store_number` and `find_number` are the ways to it. Staff find people by the last two digits, all that is ever shown.
    """

    e164 = EncryptedTextField()  # empty where its owner's data were erased
    e164_hash = models.BinaryField(unique=True, editable=False)
    last_two = models.CharField(max_length=2, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PhoneNumberQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["last_two"], name="phone_number_last_two")]

    def __str__(self) -> str:
        return f"number {self.hint}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """With the hash under the key in use. Raises Conflict `number_known` if another row has the number."""
        self.e164_hash, self.last_two = hashes(self.e164, HASH_PURPOSE)[0], self.e164[-2:]
        with transaction.atomic():
            if self._state.adding:
                self._refuse_twin()
            super().save(*args, **kwargs)

    @property
    def hint(self) -> str:
        """What may be shown of it."""
        return _("ends in %(last_two)s") % {"last_two": self.last_two} if self.last_two else "deleted"

    def _refuse_twin(self) -> None:
        """While a key is replaced one number has two hashes, and the unique index sees one of them: look for both, alone.

        The lock is named by the oldest key, which those who do not have the newest one yet have too.
        """
        name = int.from_bytes(hashes(self.e164, HASH_PURPOSE)[-1][:8], signed=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [name])
        if PhoneNumber.objects.of(self.e164).exists():
            raise Conflict(_("This number is already on file."), code="number_known")
