"""A search that forgives: stems, synonyms, sentences, and typing errors."""

import pytest
from django.core.cache import cache

from operators.directory import DirectoryFilters, choices, search
from operators.directory_words import corrected, vocabulary_of, words_of
from tests.factories import BrandFactory, OperatorFactory

VOCABULARY = ["books", "movies", "sarah", "spanish", "travel"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("moveis", "movies"),
        ("trvel", "travel"),
        ("Sara", ""),  # the beginning of a name is right as it is
        ("sahra books", "sarah books"),
        ("spansih", "spanish"),
        ("xylophone", ""),
    ],
)
def test_a_slip_of_the_finger_is_put_right(typed: str, meant: str) -> None:
    assert corrected(typed, VOCABULARY) == meant


def test_words_that_say_nothing_are_left_out_unless_there_are_no_others() -> None:
    assert words_of("Someone to talk to about MOVIES") == ["movies"]
    assert words_of("to me") == ["to", "me"]
    assert len(words_of("one two three four five six seven eight")) == 6


@pytest.mark.django_db
@pytest.mark.parametrize(
    "typed",
    [
        "funny",
        "joke",
        "laughs",
        "storyteller",
        "Mir",
        "someone funny to talk to",
        "italian",
        "will",
        "radio hosts",
    ],
)
def test_people_are_found_by_stems_synonyms_names_and_languages(typed: str) -> None:
    brand = BrandFactory()
    will = OperatorFactory(
        stage_name="Will Mirren", headline="Laughing with you", bio="A radio host once.",
        languages=["English", "Italian"], specialties=["Humor", "Storytelling"],
    )  # fmt: skip
    OperatorFactory(stage_name="Theo", headline="Old movies", specialties=["Movies"], languages=["English"])
    assert [operator.pk for operator in search(brand, DirectoryFilters(words=typed)).items] == [will.pk]


@pytest.mark.django_db
def test_the_vocabulary_is_that_of_the_brand() -> None:
    cache.clear()
    brand = BrandFactory()
    OperatorFactory(stage_name="Mira", specialties=["Night owls"], languages=["English"])
    OperatorFactory(stage_name="Elsewhere", brands=[BrandFactory(slug="nycflirts")])
    words = vocabulary_of(brand, choices(brand))
    assert {"mira", "night", "owls", "english"} <= set(words)
    assert "elsewhere" not in words
