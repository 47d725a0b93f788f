"""After the code: our number as a contact that tells nothing, and what to do about a phone that screens calls."""

import re
from datetime import timedelta

import pytest

from brands.models import Brand
from core import clock
from customers.models import Customer, PhoneVerification
from tests.scenario import customer_client, given_customer
from tests.support.phone_system import PhoneSystem

pytestmark = pytest.mark.django_db
NUMBER = "+19991000001"


@pytest.fixture
def customer() -> Customer:
    return given_customer(balance="0", phone=False)


def test_the_contact_has_the_brands_number_and_a_name_that_tells_nothing(customer: Customer) -> None:
    answer = customer_client(customer).get("/account/phones/contact.vcf")
    assert answer.headers["Content-Type"] == "text/vcard; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="contact.vcf"'
    lines = answer.content.decode().split("\r\n")
    assert (lines[0], lines[-2:]) == ("BEGIN:VCARD", ["END:VCARD", ""])
    brand = Brand.objects.get(pk=customer.home_brand_id)
    assert f"TEL;TYPE=VOICE:{brand.caller_id}" in lines
    assert "FN:Callback line" in lines
    assert brand.name not in answer.content.decode()


@pytest.mark.parametrize(("target", "leads_to"), [("/operators/sarah/", "/operators/sarah/"), ("", "/")])
def test_a_verified_phone_comes_there_and_goes_on_to_where_one_wanted(
    phone_system: PhoneSystem, customer: Customer, target: str, leads_to: str
) -> None:
    client = customer_client(customer)
    client.post("/account/phones/", {"number": NUMBER, "next": target})
    sounds = phone_system.asked_for("/verification")[-1].body["sounds"]
    code = "".join(sound.removeprefix("numbers/") for sound in sounds if sound.startswith("numbers/"))[:6]
    reference = PhoneVerification.objects.get().reference
    answer = client.post(f"/account/phones/code/{reference}/", {"code": code, "next": target}, follow=True)
    assert answer.redirect_chain[-1][0].startswith("/account/phones/ready/")
    html = answer.content.decode()
    assert "is verified. You can call now." in html
    assert 'href="/account/phones/contact.vcf"' in html
    assert f'href="{leads_to}">Continue' in html


def test_until_the_next_code_the_page_says_how_long_to_wait(
    phone_system: PhoneSystem, customer: Customer
) -> None:
    client, path = customer_client(customer), "/account/phones/"
    assert "<code-wait" not in client.get(path).content.decode()
    client.post(path, {"number": NUMBER})
    for answer in (client.get(path), client.post(path, {"number": "+19991000002"})):
        html = answer.content.decode()
        [seconds] = re.findall(r'<code-wait class="[^"]*" data-seconds="(\d+)">', html)
        assert 0 < int(seconds) <= 61
        assert f'data-part="left">{seconds} seconds</span> before the next code.' in " ".join(html.split())
        assert html.count("before the next code") == 1
        assert "disabled" not in html.split("<code-wait")[1].split("</form>")[0], (
            "the page’s script does that"
        )
    assert len(phone_system.asked_for("/verification")) == 1
    later = clock.now() + timedelta(minutes=2)
    with clock.using(lambda: later):
        assert "<code-wait" not in client.get(path).content.decode()


def test_it_leads_to_no_other_site(customer: Customer) -> None:
    html = (
        customer_client(customer)
        .get("/account/phones/ready/?next=https://elsewhere.example/")
        .content.decode()
    )
    assert "elsewhere" not in html
