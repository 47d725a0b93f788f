"""What the demo says on the product's own pages: who one may be, which phone to give, which code was spoken or mailed.

`demo_help` is a context processor of the demo's settings alone, and says nothing anywhere else. It has no address of its own: each
button posts to the page's own form what a person would type.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from allauth.account.internal.flows.email_verification_by_code import EMAIL_VERIFICATION_CODE_SESSION_KEY
from allauth.account.stages import LoginByCodeStage, LoginStageController
from django.conf import settings
from django.urls import reverse

from customers.models import PhoneVerification
from demo.people import BRANDS, PASSWORD, SIGN_UP_NUMBERS, new_number
from telephony.services.spoken_codes import DIGITS, is_code
from web.requests import Site, SiteRequest

_HEARD_BYTES = 200_000  # of the end of the file: what was heard in the last minutes


@dataclass(frozen=True, slots=True)
class Fill:
    """A button that posts `fields` to `action`, as the form of the page would."""

    label: str
    action: str
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Note:
    """What is said, what can be filled in, and where else to go (label, address). `is_waiting`: there will be more in a moment."""

    text: str
    fills: tuple[Fill, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    is_waiting: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the demo to be, and the site where they log in."""

    label: str
    email: str
    site: Site
    host: str


def is_on() -> bool:
    """Whether this is the demo. Never in production, whatever else is set."""
    return bool(settings.IS_DEMO) and not settings.IS_PRODUCTION


def demo_help(request: SiteRequest) -> dict[str, Any]:
    """The context processor: `demo` in the templates of the demo, and nothing elsewhere."""
    return {"demo": DemoHelp(request)} if is_on() else {}


class DemoHelp:
    """What the demo says on one page. Asks nothing before a template shows it."""

    def __init__(self, request: SiteRequest) -> None:
        self._request = request

    @cached_property
    def note(self) -> Note | None:
        match = self._request.resolver_match
        make = _NOTES.get(match.view_name) if match else None
        return make(self._request) if make and is_on() else None


def _people(request: SiteRequest) -> Note:
    """Three people to be: one logs in here, the others on their own sites."""
    _, _, port = request.get_host().partition(":")
    at_port = f":{port}" if port else ""
    people = (
        Person("a customer", "customer@aeims.test", Site.BRAND, BRANDS[0].hosts[0]),
        Person("Sarah, an operator", "operator@aeims.test", Site.PORTAL, settings.PORTAL_HOSTS[0]),
        Person("a staff member", "staff@aeims.test", Site.ADMIN, settings.ADMIN_HOSTS[0]),
    )
    path = reverse("account_login")
    return Note(
        "Try it as one of three people, each on their own site.",
        fills=tuple(
            Fill(
                f"Log in as {person.label}",
                path,
                (("login", person.email), ("password", PASSWORD), *_next(request)),
            )
            for person in people
            if person.site == request.site
        ),
        links=tuple(
            (f"Log in as {person.label}", f"{request.scheme}://{person.host}{at_port}{path}")
            for person in people
            if person.site != request.site
        ),
    )


def _any_address(_: SiteRequest) -> Note:
    return Note("No email leaves this machine. Use any address: the next page shows the code.")


def _simulated_phone(request: SiteRequest) -> Note | None:
    """A number that rings here and now, and one for each phone that a customer may have."""
    if request.customer is None or not settings.TELEPHONY_LAB_PREFIXES:
        return None
    number = new_number(SIGN_UP_NUMBERS, request.customer.pk, request.customer.phones.count())
    fill = Fill(f"Use {number}", reverse("phones"), (("number", number), *_next(request)))
    return Note("No real phone is called. A simulated one answers and writes down the code.", (fill,))


def _spoken_code(request: SiteRequest) -> Note | None:
    """What the simulated phone heard, to whoever asked for the code."""
    user = request.user
    asked = PhoneVerification.objects.select_related("phone_number", "customer").filter(
        reference=_argument(request, "reference"), confirmed_at=None
    )
    verification = asked.first()
    owner = verification and (
        verification.customer.user_id if verification.customer else verification.user_id
    )
    if verification is None or owner != user.pk or not settings.SIMULATED_PHONES_HEARD:
        return None
    number = verification.phone_number.e164
    if not number.startswith(tuple(settings.TELEPHONY_LAB_PREFIXES)):
        return Note("This number isn’t a simulated phone, so nobody hears the code.")
    code = heard_code(Path(settings.SIMULATED_PHONES_HEARD), number)
    if not is_code(verification, code):  # an older one, or none yet
        return Note("The simulated phone is ringing. Reload the page to see what it hears.", is_waiting=True)
    fill = Fill(f"Enter {code}", request.path, (("code", code), *_next(request)))
    return Note(f"The simulated phone heard {code}.", (fill,))


def heard_code(file: Path, number: str) -> str:
    """The digits of the last code that the phone of this number was told; empty before they all were."""
    try:
        with file.open("rb") as heard:
            heard.seek(max(0, file.stat().st_size - _HEARD_BYTES))
            lines = heard.read().decode(errors="replace").splitlines()
    except FileNotFoundError:
        return ""
    digits = ""
    for line in lines:
        if f'"{number}"' not in line or not line.startswith("{"):
            continue
        sound = json.loads(line)["sound"]
        if sound.endswith("your-code-is"):
            digits = ""
        elif "numbers/" in sound and len(digits) < DIGITS:
            digits += sound.rpartition("/")[2]
    return digits if len(digits) == DIGITS else ""


def _mailed_login_code(request: SiteRequest) -> Note:
    stage = LoginStageController.enter(request, LoginByCodeStage.key)
    return _mailed(request, stage.state if stage else {})


def _mailed_address_code(request: SiteRequest) -> Note:
    return _mailed(request, request.session.get(EMAIL_VERIFICATION_CODE_SESSION_KEY) or {})


def _mailed(request: SiteRequest, state: dict[str, Any]) -> Note:
    """The code that the page compares with, as the mail to this person has it."""
    code = str(state.get("code", ""))
    if not code or not state.get("user_id") or state.get("account_already_exists"):
        return Note("The email to this address has no code. It says whether there’s an account.")
    return Note(
        f"The email says {code}.", (Fill(f"Enter {code}", request.path, (("code", code), *_next(request))),)
    )


def _next(request: SiteRequest) -> tuple[tuple[str, str], ...]:
    """Where the form of the page would go on to; the view that gets it checks it."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    return (("next", target),) if target else ()


def _argument(request: SiteRequest, name: str) -> str:
    match = request.resolver_match
    return str(match.kwargs.get(name, "")) if match else ""


_NOTES: dict[str, Callable[[SiteRequest], Note | None]] = {
    "account_login": _people,
    "account_signup": _any_address,
    "account_request_login_code": _any_address,
    "account_confirm_login_code": _mailed_login_code,
    "account_email_verification_sent": _mailed_address_code,
    "phones": _simulated_phone,
    "phone-code": _spoken_code,
    "portal:settings-phone-code": _spoken_code,
}
