"""What others could see of a customer's account: specimens for the discretion page, made by what sends the real things."""

from collections.abc import Iterator
from dataclasses import dataclass

from billing.models import MerchantAccount
from brands.models import Brand
from notices.composing import sender_of
from notices.kinds import RULES, preview_of
from notices.lock_screen import LockScreen, lock_screen_of
from notices.pages import CUSTOMER_HOME
from notices.states import NoticeKind


@dataclass(frozen=True, slots=True)
class Specimens:
    """`statement`: empty where cards aren't taken. `lock_screens`, `subjects`, `previews`: each that differs, once."""

    lock_screens: list[LockScreen]
    sender: str
    subjects: list[str]
    previews: list[str]
    caller_id: str
    statement: str
    app_name: str


def specimens_of(brand: Brand) -> Specimens:
    """Of this site."""
    account = MerchantAccount.objects.filter(brand=brand, is_active=True).first()
    screens = {screen.body: screen for screen in _lock_screens(brand)}
    subjects = dict.fromkeys(RULES[kind].subject for kind in _kinds())
    previews = dict.fromkeys(preview_of(kind) for kind in _kinds())
    return Specimens(
        lock_screens=list(screens.values()),
        sender=sender_of(brand),
        subjects=list(subjects),
        previews=list(previews),
        caller_id=brand.caller_id,
        statement=account.statement_text if account else "",
        app_name=brand.app_title,
    )


def _kinds() -> Iterator[NoticeKind]:
    """What customers are sent: codes, and whatever belongs to a group."""
    yield from (
        kind for kind, rules in RULES.items() if rules.group is not None and not rules.is_for_operators
    )
    yield NoticeKind.LOGIN_CODE
    yield NoticeKind.SECURITY_CHANGE


def _lock_screens(brand: Brand) -> Iterator[LockScreen]:
    for kind in _kinds():
        if RULES[kind].lock_words:
            yield lock_screen_of(kind, brand, {}, path=CUSTOMER_HOME.path())
