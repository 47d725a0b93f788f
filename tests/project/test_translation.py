"""What customers read can be translated: in the files that have their words, each sentence goes through gettext."""

from collections.abc import Iterator

from core.visible_strings import in_python
from tests.project.translated_files import FILES, LEFT_OUT, NOT_TRANSLATED
from tools.environment import ROOT


def translated_files() -> Iterator[str]:
    """Paths from the root."""
    yield from FILES
    for path in sorted((ROOT / "storefront").rglob("*.py")):
        name = str(path.relative_to(ROOT))
        if name not in LEFT_OUT:
            yield name


def untranslated(source: str) -> list[str]:
    """The words of a module that gettext never sees."""
    words = (" ".join(words.split()) for _, words in in_python(source, skips_translated=True))
    return [text for text in words if text not in NOT_TRANSLATED]


def test_what_customers_read_goes_through_gettext() -> None:
    found = [
        f"{name}: {text}" for name in translated_files() for text in untranslated((ROOT / name).read_text())
    ]
    assert found == []


def test_each_file_that_is_left_out_still_has_words() -> None:
    assert [name for name in LEFT_OUT if not list(in_python((ROOT / name).read_text()))] == []


def test_each_string_that_is_left_out_is_still_there() -> None:
    everything = {
        " ".join(words.split())
        for name in translated_files()
        for _, words in in_python((ROOT / name).read_text(), skips_translated=True)
    }
    assert NOT_TRANSLATED - everything == set()


def test_a_sentence_without_gettext_is_found() -> None:
    planted = (
        'raise Invalid(_("At most %(most)s phones, please.") % {"most": 3})\n'
        'raise Invalid(f"At most {most} tips, please.")\n'
        'label = gettext_lazy("Your code")\n'
        'field(label="Code")\n'
        'words = ngettext("%(count)s free minute", "%(count)s free minutes", count) % {"count": count}\n'
        'messages.info(request, "Nothing was charged.")\n'
    )
    assert untranslated(planted) == ["At most … tips, please.", "Code", "Nothing was charged."]


def test_the_list_of_strings_has_translated_ones_with_their_values_as_holes() -> None:
    source = 'raise Invalid(_("%(percent)s%% of %(most)s phones") % values)\nlabel = gettext_noop("Tip")\n'
    assert [text for _, text in in_python(source)] == ["…% of … phones", "Tip"]
