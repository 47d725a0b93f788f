"""Whether a call's plan names the operator's greeting is the brand's decision."""

import pytest

from brands.models import Brand
from operators.models import Operator
from telephony.models import Call
from telephony.originate_request import originate_plan
from tests.scenario import given_customer, given_operator, when_called

pytestmark = pytest.mark.django_db

DIGEST = "d" * 32


@pytest.mark.parametrize(
    ("plays", "confirms", "digest", "is_named"),
    [
        (True, True, DIGEST, True),
        (False, True, DIGEST, False),
        (True, False, DIGEST, False),
        (True, True, "", False),
    ],
    ids=["wanted", "off", "without a key", "no greeting"],
)
def test_the_plan_names_the_greeting_if_the_brand_wants_it(
    plays: bool, confirms: bool, digest: str, is_named: bool
) -> None:
    call = when_called(given_customer(), given_operator(stage_name="Luna"))
    Brand.objects.filter(pk=call.brand_id).update(plays_greeting=plays, customer_confirms=confirms)
    Operator.objects.filter(pk=call.operator_id).update(greeting=digest, greeting_ms=4000)
    told = originate_plan(Call.objects.get(pk=call.pk)).customer.prompts
    assert (f"content/{DIGEST}" in told["connecting"]) == is_named
    assert told["connecting"][-1] == "common/connecting"
    assert all(
        DIGEST not in name for moment, names in told.items() if moment != "connecting" for name in names
    )


def test_a_brand_plays_none_unless_it_says_so() -> None:
    assert (
        Brand.objects.create(slug="velvet", name="Velvet", caller_id="", operator_caller_id="").plays_greeting
        is False
    )
