"""The socket of the staff's board of live calls."""

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings

from backoffice.live import BOARD
from telephony.push import BOARD_GROUP
from web.consumers import PushConsumer
from web.live import Hint, Update


class BoardConsumer(PushConsumer):
    """`/ws/board/`: that a call somewhere changed, for staff who may see calls. Pages fetch the rows."""

    def open(self) -> list[str]:
        user = self.scope["user"]
        if not (user.is_active and user.is_staff and user.has_perm("telephony.view_call")):
            return []
        if settings.STAFF_SECOND_FACTOR and not is_mfa_enabled(user):  # as the pages ask for
            return []
        return [BOARD_GROUP]

    def updates(self, hint: Hint) -> list[Update]:
        return [Update(BOARD, "calls", hint.sequence)]
