"""CCBill's MD5 digests: of a price that a form may charge, and of a sale that was made. Its protocol demands MD5.

ccbill.com/doc/formdigest-value and ccbill.com/doc/newsalesuccess.
"""

import hmac
from hashlib import md5


def form_digest(price: str, period_days: int, currency_code: str, salt: str) -> str:
    """What proves to CCBill that we set this one-time price. It covers neither the payment nor the sub-account."""
    return _md5(f"{price}{period_days}{currency_code}{salt}")


def is_sale_digest(digest: str, subscription_id: str, salt: str) -> bool:
    """Whether CCBill made this digest of a sale. It covers the number of the subscription alone: not the amount, not the payment."""
    return hmac.compare_digest(digest.lower().encode(), _md5(f"{subscription_id}1{salt}").encode())


def _md5(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()
