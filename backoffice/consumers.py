"""The socket of the staff's board of live calls."""

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
        return [BOARD_GROUP]

    def updates(self, hint: Hint) -> list[Update]:
        return [Update(BOARD, "calls", hint.sequence)]
