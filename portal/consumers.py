"""The sockets of the operators' site: the console and every other page, and a conversation."""

from messaging.states import Side
from operators.models import Operator
from operators.selectors import find_operator
from operators.services.presence import operator_group
from portal import live
from web.consumers import PushConsumer
from web.conversation_consumer import ConversationConsumer
from web.live import Audience, Hint, Update, Viewer


class OperatorConsumer(PushConsumer):
    """`/ws/operator/`: calls, presence and unread messages of the operator."""

    kinds = live.KINDS
    keeps_session = True
    operator: Operator
    audience: Audience

    def open(self) -> list[str]:
        operator = find_operator(self.scope["user"])
        if operator is None:
            return []
        self.operator = operator
        self.audience = Audience.of_scope(self.scope, Viewer.OPERATOR, operator.user.time_zone)
        return [operator_group(operator.pk)]

    def concerns(self, hint: Hint) -> bool:
        shows = {region.kind for region in self.regions}
        if hint.kind == "call":
            return bool(shows & live.SHOWS_CALLS)
        if hint.kind == "callbacks":
            return bool(shows & live.OF_CALLBACKS)
        if hint.kind == "tips":
            return bool(shows & live.OF_TIPS)
        if hint.kind == "note":
            return bool(shows & live.OF_NOTES)
        return hint.kind != "operator" or bool(shows & live.OF_PRESENCE)

    def updates(self, hint: Hint) -> list[Update]:
        match hint.kind:
            case "call":
                return live.call_updates(hint, self.operator, self.regions, self.audience)
            case "operator":
                return live.presence_updates(hint, self.operator, self.regions, self.audience)
            case "callbacks":
                return live.callback_updates(hint, self.regions)
            case "tips":
                return live.tip_updates(hint, self.operator, self.regions, self.audience)
            case "note":
                return live.note_updates(hint, self.operator, self.regions, self.audience)
            case "messages":
                return live.message_updates(hint, self.operator, self.regions)
        raise ValueError(f"no operator hears of {hint.kind}")


class OperatorConversationConsumer(ConversationConsumer):
    """A conversation, for its operator."""

    keeps_session = True
    side = Side.OPERATOR
