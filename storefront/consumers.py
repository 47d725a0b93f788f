"""The sockets of the customer sites: a customer's pages, a visitor's directory."""

from customers.groups import customer_group
from customers.models import Customer
from customers.selectors import find_customer
from messaging.selectors import unread_of
from messaging.states import Side
from notices.selectors import unread_notices_of
from operators.services.presence import DIRECTORY_GROUP
from storefront import live
from storefront.operator_pushes import Delivery, operator_pushes
from web.age_gate import has_confirmed_age
from web.consumers import PushConsumer
from web.conversation_consumer import ConversationConsumer
from web.live import Audience, Hint, Update, Viewer, shared
from web.live_reads import notices_update, unread_update


class OperatorsPageConsumer(PushConsumer):
    """A page that may show operators: of these it hears along with all pages of the process (`storefront.operator_pushes`)."""

    audience: Audience

    async def hear_group(self, group: str) -> None:
        if group == DIRECTORY_GROUP:
            await operator_pushes().add(self)
        else:
            await super().hear_group(group)

    async def leave_group(self, group: str) -> None:
        if group == DIRECTORY_GROUP:
            await operator_pushes().remove(self)
        else:
            await super().leave_group(group)

    async def hear_of_operators(self, delivery: Delivery) -> None:
        if self.takes_lists and self.send_frame:
            self.send_frame(delivery.list_frame)
            return
        for text in (delivery.list_text,) if self.takes_lists else delivery.texts:
            await self.send(text_data=text)


class CustomerConsumer(OperatorsPageConsumer):
    """`/ws/me/`: the customer's calls, wallet and unread messages, and the operators that the page shows."""

    kinds = live.KINDS
    customer: Customer

    def open(self) -> list[str]:
        customer = find_customer(self.scope["user"])
        if customer is None:
            return []
        self.customer = customer
        self.audience = Audience.of_scope(self.scope, Viewer.CUSTOMER, customer.user.time_zone)
        shows_operators = any(region.kind in live.SHOW_OPERATORS for region in self.regions)
        return [customer_group(customer.pk), *([DIRECTORY_GROUP] if shows_operators else [])]

    def updates(self, hint: Hint) -> list[Update]:
        match hint.kind:
            case "call":
                return live.call_updates(hint, self.customer, self.regions, self.audience)
            case "wallet":
                return live.wallet_updates(hint, self.customer, self.regions, self.audience)
            case "waiting":
                return live.waiting_updates(hint, self.regions)
            case "payment":
                return live.payment_updates(hint, self.customer, self.regions, self.audience)
            case "messages":
                count = shared.once((Viewer.CUSTOMER, hint), lambda: unread_of(self.customer))
                return [unread_update(count, hint.sequence, hint.more.get("conversation"))]
            case "notices":
                brand = self.audience.brand
                assert brand is not None, "customers are on a brand's site"
                waiting = shared.once(
                    (Viewer.CUSTOMER, brand, hint), lambda: unread_notices_of(self.customer.user_id, brand)
                )
                return [notices_update(waiting, hint.sequence)]
        raise ValueError(f"no customer hears of {hint.kind}")


class DirectoryConsumer(OperatorsPageConsumer):
    """`/ws/directory/`: who comes and goes, for visitors without an account who passed the age gate of this host."""

    kinds = live.OF_OPERATORS

    def open(self) -> list[str]:
        self.audience = Audience.of_scope(self.scope, Viewer.VISITOR)
        return [DIRECTORY_GROUP] if has_confirmed_age(self.scope["cookies"]) else []


class CustomerConversationConsumer(ConversationConsumer):
    """A conversation, for its customer."""

    side = Side.CUSTOMER
