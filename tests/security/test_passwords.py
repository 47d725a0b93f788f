"""Which passwords are refused, before anybody chose them: known from breaches, or little more than our name."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from tests.factories import BrandFactory

BREACHED = ["qwertyuiop", "1q2w3e4r5t", "Liverpool123", "123iloveyou123", "michaeljordan"]
GOOD = ["copper-lantern-83-fog", "flirts with disaster 19", "nine herons at dawn"]

pytestmark = pytest.mark.django_db


def codes_of(password: str) -> set[str]:
    try:
        validate_password(password)
    except ValidationError as error:
        return {str(one.code) for one in error.error_list}
    return set()


@pytest.mark.parametrize("password", BREACHED)
def test_a_password_of_a_breach_is_refused(password: str) -> None:
    assert "password_too_common" in codes_of(password)


@pytest.mark.parametrize("password", GOOD)
def test_a_good_one_is_taken(password: str) -> None:
    BrandFactory(slug="flirts", name="flirts.nyc")
    assert codes_of(password) == set()


@pytest.mark.parametrize("password", ["flirts.nyc2026", "2026FLIRTS!!", "Sexacomms-1", "velvetvelvet99"])
def test_our_name_is_no_password(password: str) -> None:
    BrandFactory(slug="flirts", name="flirts.nyc")
    BrandFactory(slug="velvet", name="Velvet")
    assert "brand_name" in codes_of(password)
