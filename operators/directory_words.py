"""What people type into the directory's search: stems, the other words for a topic, and slips of the finger.

The database finds stems (`Operator.search_stems`); synonyms and typing errors are handled here, over the small vocabulary of a brand: its
topics, languages, and names.
"""

import re
from difflib import get_close_matches
from functools import reduce
from operator import and_, or_

from django.contrib.postgres.search import SearchQuery
from django.core.cache import cache

from brands.models import Brand
from operators.models import Operator
from operators.states import ApprovalStatus

MAX_WORDS = 6
_MOST_NAMES = 1_000
_VOCABULARY_SECONDS = 600
_ALIKE = 0.7  # of difflib: "moveis" and "movies" are 0.83
# What sentences are made of, and what everybody here is for.
_FILLERS = frozenset((
    "a", "an", "and", "or", "the", "of", "to", "for", "in", "on", "at", "with", "about", "who", "that",
    "is", "are", "i", "me", "my", "you", "someone", "somebody", "person", "people", "talk", "talks",
    "talking", "speak", "speaks", "like", "likes", "love", "loves", "want", "wants", "can",
))  # fmt: skip
# Whoever types one of these also finds the others.
_SYNONYMS = tuple(
    frozenset(group.split())
    for group in (
        "humor humour funny joke jokes comedy laugh witty",
        "movies movie films film cinema",
        "listening listen listener sad lonely vent comfort",
        "books book novel novels reading literature",
        "music song songs jazz vinyl records",
        "travel trip trips vacation journey",
        "art painting painter drawing",
        "advice help counsel",
        "poetry poem poems verse",
        "daydreams daydream fantasy dreams",
        "night late midnight insomnia",
        "conversation chat company",
    )
)


def words_of(text: str) -> list[str]:
    """The words that say something, at most `MAX_WORDS`; all of them if none does."""
    words = re.findall(r"\w+", text[:100].lower())
    telling = [word for word in words if word not in _FILLERS and len(word) > 1]
    return (telling or words)[:MAX_WORDS]


def query_of(text: str) -> SearchQuery | None:
    """For `search_stems`: whoever has all of the words, each as the beginning of one, by its stem, or as a synonym."""
    words = words_of(text)
    return reduce(and_, map(_any_form_of, words)) if words else None


def _any_form_of(word: str) -> SearchQuery:
    forms = [
        SearchQuery(f"{word}:*", config="simple", search_type="raw"),  # names, which have no stem
        SearchQuery(f"{word}:*", config="english", search_type="raw"),
        *(SearchQuery(other, config="english") for other in sorted(_synonyms_of(word))),
    ]
    return reduce(or_, forms)


def _synonyms_of(word: str) -> set[str]:
    return {other for group in _SYNONYMS if word in group for other in group if other != word}


def corrected(text: str, vocabulary: list[str]) -> str:
    """The words as they may have been meant: each unknown one replaced by the most similar known; empty if none is."""
    known = [*vocabulary, *(word for group in _SYNONYMS for word in group)]
    meant, has_changed = [], False
    for word in words_of(text):
        close = [word] if _is_known(word, known) else get_close_matches(word, known, n=1, cutoff=_ALIKE)
        has_changed = has_changed or (bool(close) and close[0] != word)
        meant.append(close[0] if close else word)
    return " ".join(meant) if has_changed else ""


def _is_known(word: str, known: list[str]) -> bool:
    return any(other.startswith(word) for other in known)


def vocabulary_of(brand: Brand, words: dict[str, list[str]]) -> list[str]:
    """Every word of `words` (topics and languages, `operators.directory.choices`) and of names, in lower case; ten minutes old at most."""

    def read() -> list[str]:
        names = Operator.objects.filter(
            approval_status=ApprovalStatus.APPROVED, listings__brand=brand, listings__is_active=True
        ).values_list("stage_name", flat=True)[:_MOST_NAMES]
        texts = [*names, *(word for column in words.values() for word in column)]
        return sorted({part for text in texts for part in re.findall(r"\w+", text.lower())})

    return cache.get_or_set(f"operator-vocabulary.{brand.pk}", read, _VOCABULARY_SECONDS) or []
