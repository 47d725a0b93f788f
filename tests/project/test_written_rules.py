"""The pages of written rules name settings, files, kinds of data, fields, and rights that are there, as they are."""

import re
from importlib import import_module

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group

from privacy.retention import TABLE
from tests.project.test_security_table import exists
from tools.environment import ROOT

PAGES = ("input-rules", "authentication", "data-protection")
LEVELS = ("secret", "sensitive", "personal", "internal", "public")
ROLES = ("Support", "Finance", "Operations", "Administrator")


def text_of(page: str) -> str:
    return (ROOT / "docs" / f"{page}.md").read_text()


def rows(page: str, first: str) -> list[list[str]]:
    """The rows below the header that begins with this cell."""
    lines = text_of(page).split(f"| {first} |", 1)[1].splitlines()[2:]
    found = []
    for line in lines:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found


@pytest.mark.parametrize("page", PAGES)
def test_the_files_and_settings_it_names_are_there(page: str) -> None:
    names = re.findall(r"`([a-z_]+/[^`* ]+)`", text_of(page))
    assert len(names) > 10
    assert [name for name in names if not exists(name)] == []
    documented = (ROOT / ".env.example").read_text()
    settings_named = set(re.findall(r"\b(?:AEIMS|TELEPHONY|ADAPTER|TRUSTED)_[A-Z_]+\b", text_of(page)))
    assert {name for name in settings_named if f"{name}=" not in documented} == set()


def test_each_kind_of_data_has_a_level() -> None:
    levels = dict(rows("data-protection", "kind"))
    assert set(levels) == {kind.key for kind in TABLE}
    assert set(levels.values()) <= set(LEVELS)
    assert [row[0] for row in rows("data-protection", "level")] == list(LEVELS)


@pytest.mark.django_db
def test_each_role_holds_the_rights_that_the_table_of_fields_says() -> None:
    import_module("backoffice.migrations.0001_roles").make_roles(apps)
    rights = {
        role: {
            f"{app}.{code}"
            for app, code in Group.objects.get(name=role).permissions.values_list(
                "content_type__app_label", "codename"
            )
        }
        for role in ROLES
    }
    wrong = []
    for field, _, _, read_by, changed_by, *cells in rows("data-protection", "field"):
        model, _, name = field.strip("`").rpartition(".")
        apps.get_model(model)._meta.get_field(name)
        for role, cell in zip(ROLES, cells, strict=True):
            may = "—"
            if read_by.strip("`") in rights[role]:
                may = "reads"
            if changed_by.strip("`") in rights[role]:
                may = "changes"
            if may != cell:
                wrong.append((field, role, cell, may))
    assert wrong == []


def test_the_limits_on_guessing_are_those_of_the_settings() -> None:
    limits = settings.ACCOUNT_RATE_LIMITS
    assert limits["login_failed"] == "10/m/ip,5/5m/key"
    assert "| 5 wrong ones in 5 minutes; and 10 wrong ones a minute |" in text_of("authentication")
    assert limits["request_login_code"].endswith("3/m/key")
    assert limits["signup"] == "20/m/ip"
