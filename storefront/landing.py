"""What the landing page says: texts that staff published for the brand, or ours, with what the settings and rows make true."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from billing.first_minutes import minutes_for
from billing.models import MerchantAccount
from brands.models import Brand, BrandText
from brands.selectors import published_text
from core import clock
from operators.directory import DirectoryFilters, search
from operators.models import Operator
from operators.selectors import newest_reviews
from storefront.call_panels import price_example_of
from storefront.cards import OperatorCard, card_of
from storefront.offers import OfferWords, visitor_offer
from storefront.price_example import Example
from web.brand_text_preview import PARAMETER, previewed_text
from web.templatetags.ui import phone

CARDS = 6
REVIEWS = 2
_HEADLINE = gettext_noop("Good company by phone")
_PROMISE = gettext_noop(
    "Pick someone you’d like to talk to. We call your phone, then theirs. "
    "You see the price before you call, and the cost while you talk."
)


@dataclass(frozen=True, slots=True)
class Question:
    """A question people ask, and the answer; plain text."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Review:
    """What a customer said of an operator."""

    name: str
    month: str
    stars: int
    text: str
    topic: str
    operator: str
    slug: str


@dataclass(frozen=True, slots=True)
class Landing:
    """The whole page. `hero`: the person on top, if the brand has anybody; `is_preview`: staff look at texts nobody is shown."""

    headline: str
    promise: str
    questions: Sequence[Question]
    contact: Sequence[str]
    support_email: str
    charge_phone: str
    canonical_url: str
    hero: OperatorCard | None
    cards: Sequence[OperatorCard]
    example: Example | None
    reviews: Sequence[Review]
    offer: OfferWords | None
    is_preview: bool

    @property
    def title(self) -> str:
        """In tabs and search results, before the name of the site: without the full stop of a headline."""
        return self.headline.rstrip(".")


def landing_of(request: HttpRequest, brand: Brand) -> Landing:
    """The page of `brand` for this visitor. Raises Http404 for a preview that is no longer good."""
    token = request.GET.get(PARAMETER, "")
    text = previewed_text(brand, token) if token else published_text(brand)
    account = MerchantAccount.objects.filter(brand=brand, is_active=True).first()
    operators = list(search(brand, DirectoryFilters(), limit=CARDS + 1).items)
    first = {} if request.user.is_authenticated else minutes_for(operators, None, clock.now())
    cards = [
        card_of(operator, brand.currency, first_minutes=first.get(operator.pk, 0)) for operator in operators
    ]
    host = brand.hosts.first()
    return Landing(
        headline=(text and text.headline) or brand.tagline or _(_HEADLINE),
        promise=(text and text.promise) or _(_PROMISE),
        questions=_questions(text, account),
        contact=text.contact.splitlines() if text else (),
        support_email=brand.support_email,
        charge_phone=phone(account.support_phone) if account else "",
        canonical_url=f"https://{host.host}/" if host else "",
        hero=cards[0] if cards else None,
        cards=[card for card in cards[1:] if card.is_callable],
        example=_example(operators, brand),
        reviews=_reviews(brand),
        offer=None if request.user.is_authenticated else visitor_offer(request, brand),
        is_preview=bool(token),
    )


def _example(operators: Sequence[Operator], brand: Brand) -> Example | None:
    return price_example_of(operators[0], brand) if operators else None


def _reviews(brand: Brand) -> list[Review]:
    return [
        Review(
            name=row.public_name,
            month=row.month,
            stars=row.stars,
            text=row.review,
            topic=row.topic,
            operator=row.operator.stage_name,
            slug=row.operator.slug,
        )
        for row in newest_reviews(brand, REVIEWS)
    ]


def _questions(text: BrandText | None, account: MerchantAccount | None) -> list[Question]:
    """What the statement says comes from the settings, whatever staff write."""
    asked = (
        [Question(*pair) for pair in text.questions] if text and text.questions else _our_questions(account)
    )
    if account is None:
        return asked
    answer = _(
        "Your card statement says “%(statement_text)s”, and %(phone)s is the number to call about a charge."
    ) % {"statement_text": account.statement_text, "phone": phone(account.support_phone)}
    return [Question(_("What will my statement say?"), answer), *asked]


def _our_questions(account: MerchantAccount | None) -> list[Question]:
    way = _("by card") if account else _("as shown on the page for adding funds")
    return [
        Question(
            _("Does anyone see my number?"),
            _("No. We call both phones and connect them. Neither of you sees the other’s number."),
        ),
        Question(
            _("What if they don’t answer?"),
            _(
                "You pay nothing. If they’re busy or don’t answer, or you hang up before you’re connected, there’s no charge."
            ),
        ),
        Question(
            _("How do I pay?"),
            _(
                "You add funds first, %(way)s, and calls are paid from your balance. A call never costs "
                "more than you have in it."
            )
            % {"way": way},
        ),
        Question(
            _("Can I set a limit?"),
            _(
                "Yes. Set a limit for a day, a week, or a month, or take a break. A lower limit takes effect right away; "
                "a higher one takes 24 hours."
            ),
        ),
        Question(_("Are calls recorded?"), _("No. We never record calls.")),
    ]
