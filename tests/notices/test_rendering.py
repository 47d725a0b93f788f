"""Each kind of notice as a mail: two parts that say the same, the brand's look, nothing fetched, a subject that tells nothing."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from brands.models import Brand
from brands.themes import FLIRTS, NYCFLIRTS
from notices.composing import compose
from notices.kinds import RULES, preview_of
from notices.models import Notice
from notices.states import NoticeKind
from notices.text_part import text_of
from operators.models import Listing
from tests.factories import BrandFactory, UserFactory
from tests.scenario import given_operator

pytestmark = pytest.mark.django_db
TEMPLATES = Path(settings.BASE_DIR) / "templates/notices"
MAILED = [kind for kind in NoticeKind if not RULES[kind].is_for_operators]
PARAMETERS = re.compile(r"\A{# (.*?) #}", re.DOTALL)


def parameters_of(kind: str) -> list[str]:
    """What the first line of a template says that it shows."""
    match = PARAMETERS.match((TEMPLATES / f"{kind}.mjml").read_text())
    assert match, kind
    return [part.partition(":")[0].strip() for part in match[1].split(";")]


def notice_of(kind: NoticeKind, brand: Brand | None = None, **texts: str) -> Notice:
    payload = {name: f"<{name} & more>" for name in parameters_of(kind)} | texts
    return Notice(
        kind=kind, recipient=UserFactory(), brand=brand, subject=RULES[kind].subject,
        payload=payload, message_id="<1@example.test>",
    )  # fmt: skip


def preview_in(html: str) -> str:
    """What lists of mail show below the subject: the first words of the body."""
    body = html.partition("<body")[2].partition("<div")[2]
    return body.partition(">")[2].partition("\u034f")[0]


@pytest.mark.parametrize("kind", MAILED)
def test_each_kind_says_what_it_was_given_in_both_parts(kind: NoticeKind) -> None:
    mail = compose(notice_of(kind, BrandFactory()))
    text, html = str(mail.body), str(mail.alternatives[0][0])
    for name in parameters_of(kind):
        assert f"<{name} & more>" in text, text
        assert f"&lt;{name} &amp; more&gt;" in html
    assert "flirts.nyc" in text
    assert FLIRTS.colors.background in html
    assert text.startswith("Hello,\n\n")


@pytest.mark.parametrize("kind", MAILED)
def test_nothing_is_fetched(kind: NoticeKind) -> None:
    html = str(compose(notice_of(kind, BrandFactory(), url="https://flirts.example/")).alternatives[0][0])
    fetched = re.findall(r"""(?:src|background)=["']|url\(|@import|<link\b|<img\b""", html)
    assert fetched == []
    assert set(re.findall(r"https?://([^/\"'<> ]+)", html)) <= {
        "flirts.example",
        "flirts.localhost:8000",
        "www.w3.org",
    }


@pytest.mark.parametrize("kind", MAILED)
def test_a_lock_screen_tells_nothing(kind: NoticeKind) -> None:
    """The subject, the first line of the text, and the preview, behind which nothing else is seen."""
    mail = compose(notice_of(kind, BrandFactory()))
    html = str(mail.alternatives[0][0])
    preview = preview_in(html)
    assert preview == preview_of(kind)
    assert len(html.partition(preview)[2].partition("<")[0]) > 200
    seen = f"{mail.subject} {str(mail.body).partition(chr(10))[0]} {preview}"
    assert not re.search(r"flirt|\$|<|call|refund|declin|suspend|photo", seen, re.IGNORECASE), seen
    assert len(mail.subject) <= 30


def test_mail_comes_from_the_brand_and_is_answered_there() -> None:
    brand = BrandFactory(
        mail_from="hello@flirts.example", app_name="After Six", support_email="support@flirts.example"
    )
    mail = compose(notice_of(NoticeKind.REFUND, brand))
    assert (mail.from_email, mail.reply_to) == (
        "After Six <hello@flirts.example>",
        ["support@flirts.example"],
    )
    plain = compose(notice_of(NoticeKind.OPERATOR_SUSPENDED))
    assert (plain.from_email, plain.reply_to) == (settings.DEFAULT_FROM_EMAIL, [])
    assert str(plain.body).endswith("sexacomms\n")


def test_an_operators_mail_is_answered_at_the_first_of_their_brands_that_has_an_address() -> None:
    operator, withdrawn = given_operator(), NoticeKind.EARNINGS_WITHDRAWN
    Listing.objects.create(
        operator=operator, brand=BrandFactory(slug="nycflirts", support_email="help@nycflirts.example")
    )
    Brand.objects.filter(slug="flirts").update(support_email="")
    notice = notice_of(withdrawn)
    notice.recipient = operator.user
    mail = compose(notice)
    assert mail.reply_to == ["help@nycflirts.example"]
    assert mail.message()["Reply-To"] == "help@nycflirts.example"
    assert "reply to this email" in str(mail.body)
    assert "Questions? Just reply to this email." in str(mail.body)


def test_a_mail_follows_dark_systems_unless_the_brand_is_dark_first() -> None:
    paper = compose(notice_of(NoticeKind.TEST, BrandFactory(slug="nycflirts")))
    html = str(paper.alternatives[0][0])
    assert NYCFLIRTS.dark
    assert NYCFLIRTS.colors.surface in html
    assert NYCFLIRTS.dark.surface in html.partition("prefers-color-scheme: dark")[2]
    assert 'name="color-scheme" content="light dark"' in html
    after_dark = str(compose(notice_of(NoticeKind.TEST, BrandFactory())).alternatives[0][0])
    assert "prefers-color-scheme" not in after_dark
    assert 'name="color-scheme" content="dark"' in after_dark


def test_the_foot_links_to_settings_only_where_something_can_be_turned_off() -> None:
    brand = BrandFactory()
    assert "/account/notifications/" in str(compose(notice_of(NoticeKind.REFUND, brand)).body)
    code = str(compose(notice_of(NoticeKind.LOGIN_CODE, brand)).body)
    assert "/account/notifications/" not in code
    assert "/help/discretion/" in code
    assert "/help/discretion/" not in str(compose(notice_of(NoticeKind.OPERATOR_APPROVED)).body)


def test_what_staff_wrote_keeps_its_lines() -> None:
    mail = compose(
        notice_of(NoticeKind.FUNDS_ANSWERED, BrandFactory(), text="First:\nthe bank.\n\nThen: wait.")
    )
    assert "First:\nthe bank.\n\nThen: wait." in str(mail.body)


def test_the_text_part_reads_paragraphs_links_and_rows() -> None:
    mjml = (
        "<mjml><mj-text>One\n  line, <b>bold</b><br/>next</mj-text><mj-button href='https://x.test/?a=1&amp;b=2'>"
        "Go</mj-button><mj-table><tr><td>a</td><td> b </td></tr><tr><td>c</td><td>d</td></tr></mj-table></mjml>"
    )
    assert text_of(mjml) == "One line, bold\nnext\n\nGo:\nhttps://x.test/?a=1&b=2\n\na   b\nc   d\n"


def test_every_kind_has_rules_and_a_template_and_no_template_is_without_a_kind() -> None:
    assert set(RULES) == set(NoticeKind)
    assert {path.stem for path in TEMPLATES.glob("*.mjml")} - {"base", "code", "foot"} == set(MAILED)
