"""Put what payouts keep encrypted under the keys in use, for `manage.py rotate_keys`."""

from billing.payouts.account_details import PURPOSE, digests, opened, sealed
from billing.payouts.files import FILE_PURPOSE, opened_file, sealed_file
from billing.payouts.models import PayoutAccount, PayoutFile
from core.encryption import is_document_under_first_key


def rotate_payouts() -> int:
    """Encrypt anew, and hash anew, what is not under the first keys; how many rows. Raises InvalidToken, AlteredFile."""
    count = 0
    for account in PayoutAccount.objects.order_by("pk").iterator():
        if not account.details:
            continue  # deleted after its term
        details = opened(account)
        digest = digests(account.method, details)[0]
        is_current = is_document_under_first_key(bytes(account.details), PURPOSE)
        if not is_current or digest != bytes(account.digest):
            rows = PayoutAccount.objects.filter(pk=account.pk)
            count += rows.update(details=sealed(details), digest=digest)
    for file in PayoutFile.objects.order_by("pk").iterator():
        if not is_document_under_first_key(bytes(file.data), FILE_PURPOSE):
            token, _ = sealed_file(opened_file(file))
            count += PayoutFile.objects.filter(pk=file.pk).update(data=token)
    return count
