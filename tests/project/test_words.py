"""What people read is plain American English: none of the forms that our texts are done with is in a visible string."""

import re
from io import StringIO

import pytest
from django.core.management import call_command

from core.visible_strings import HOLE, VisibleString, in_javascript, in_python, in_template, visible_strings
from messaging.segments import is_gsm7
from tests.project.forbidden_words import (
    AS_AGREED,
    CURLY,
    EVERYWHERE,
    EXEMPT,
    LONG_FORMS,
    PHRASES,
    READ_BY_USERS,
    SMS,
    STRAIGHT_APOSTROPHE,
)
from tests.project.translated_files import FILES, NOT_TRANSLATED
from tools.environment import ROOT


@pytest.fixture(scope="module")
def strings() -> list[VisibleString]:
    found = [string for string in visible_strings(ROOT) if not string.file.startswith(EXEMPT)]
    assert len(found) > 3000
    return found


def hits(strings: list[VisibleString], patterns: dict[str, str]) -> list[str]:
    compiled = [(re.compile(pattern), better) for pattern, better in patterns.items()]
    return [
        f"{string} → {better}"
        for string in strings
        for pattern, better in compiled
        if pattern.search(string.text)
    ]


def test_no_string_has_a_word_that_we_are_done_with(strings: list[VisibleString]) -> None:
    assert hits(strings, EVERYWHERE) == []


def test_no_string_has_a_phrase_that_was_replaced(strings: list[VisibleString]) -> None:
    assert hits(strings, {re.escape(phrase): better for phrase, better in PHRASES.items()}) == []


def test_those_who_use_the_sites_are_spoken_to_with_contractions(strings: list[VisibleString]) -> None:
    read = [string for string in strings if string.file.startswith(READ_BY_USERS)]
    assert hits(read, {LONG_FORMS: "a contraction"}) == []


def test_an_apostrophe_is_curly_on_pages_and_in_mails(strings: list[VisibleString]) -> None:
    read = [
        string
        for string in strings
        if string.file.startswith((*CURLY, *FILES)) and not string.file.startswith((*AS_AGREED, *SMS))
    ]
    assert hits([one for one in read if one.text not in NOT_TRANSLATED], {STRAIGHT_APOSTROPHE: "’"}) == []


def test_an_sms_has_the_gsm_alphabet_alone(strings: list[VisibleString]) -> None:
    words = [string for string in strings if string.file.startswith(SMS)]
    assert {string.file for string in words} == set(SMS)
    assert [str(string) for string in words if not is_gsm7(string.text.replace(HOLE, ""))] == []


def test_a_template_is_read_as_people_see_it() -> None:
    source = '{# note #}<p class="lead">One {{ two }}\n three</p>\n<img alt="A cup">{% include "x.html" with label="Go home" %}'
    found = [(line, " ".join(text.split())) for line, text in in_template(source)]
    assert sorted(found) == [(1, "One … three"), (3, "A cup"), (3, "Go home")]


def test_code_is_read_without_what_only_programmers_see() -> None:
    source = (
        '"""A docstring of a module."""\nlog.info("a log line")\nraise ValueError("a wrong argument")\n'
        'raise Invalid(f"At most {most} phones, please.")\nfield(label="Code")\nSQL = "SELECT one FROM two"\n'
    )
    assert [text for _, text in in_python(source)] == ["At most … phones, please.", "Code"]
    assert [text for _, text in in_javascript('x = "Sound on now"; // "Not this one"')] == ["Sound on now"]


def test_the_command_lists_them_with_file_and_line() -> None:
    out = StringIO()
    call_command("strings", under="templates/429", stdout=out)
    assert re.search(r"^templates/429\.html:\d+: Go home$", out.getvalue(), re.MULTILINE)
