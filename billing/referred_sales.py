"""Keep at which share a text or tip was split, where it was not the ordinary one. A part of the services that sell them."""

from billing.models import ReferredSale
from billing.shares import Share


def keep_share(share: Share, transaction_id: int) -> None:
    """Nothing for the ordinary share."""
    if share.usual_bps is not None:
        ReferredSale.objects.create(
            transaction_id=transaction_id, share_bps=share.bps, usual_share_bps=share.usual_bps
        )
