"""Each way a call can end has words for its operator; those of a call that was never joined say whose doing it was."""

from itertools import product

import pytest

from telephony.operator_words import ended_words, missed_words
from telephony.responsibility import CAUSE_OF, Cause
from telephony.states import EndedBy, EndReason

WAYS = list(product(EndReason, EndedBy))


@pytest.mark.parametrize("has_rung", [False, True])
def test_there_are_words_for_every_end_by_everyone(has_rung: bool) -> None:
    for reason, ended_by in WAYS:
        for words in (missed_words(reason, ended_by, has_rung=has_rung), ended_words(reason, ended_by)):
            assert words.endswith((".", "?")), (reason, ended_by)
            assert "balance" not in words, "the customer's money is not the operator's to know"


def test_who_caused_it_is_who_the_words_name() -> None:
    begins = {
        Cause.OPERATOR: ("You", "9 was", "A different key than 1 was pressed on your"),
        Cause.CUSTOMER: ("The",),
    }
    for reason, cause in CAUSE_OF.items():
        if cause in begins:
            assert missed_words(reason, EndedBy.NETWORK, has_rung=True).startswith(begins[cause]), reason


@pytest.mark.parametrize(
    ("ended_by", "words"),
    [
        ("operator", "You declined."),
        ("staff", "Our staff ended the call."),
        ("network", "There was trouble on the phone line."),
        ("platform", "There was a problem on our side."),
        ("customer", "They hung up before you answered."),
    ],
)
def test_a_call_that_was_called_off_says_by_whom(ended_by: str, words: str) -> None:
    assert missed_words(EndReason.HANGUP, EndedBy(ended_by), has_rung=True) == words


def test_a_caller_who_gave_up_before_the_phone_rang_missed_no_one() -> None:
    words = missed_words(EndReason.CUSTOMER_CANCELLED, EndedBy.CUSTOMER, has_rung=False)
    assert words == "They hung up before your phone rang."


def test_no_end_of_a_talk_is_said_twice_alike_for_both_sides() -> None:
    for reason in (EndReason.HANGUP, EndReason.HOLD_LIMIT):
        assert ended_words(reason, EndedBy.CUSTOMER) != ended_words(reason, EndedBy.OPERATOR)
