"""The sounds that name a brand or an operator: made from rows, once each, and served to nodes that have the key."""

import shutil
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client

from operators.models import Operator
from operators.states import ApprovalStatus
from telephony import speech
from telephony.models import Call, SoundFile
from telephony.originate_request import originate_plan
from telephony.services.make_sounds import make_missing_sounds, missing_sounds
from telephony.sounds import Sound, operator_name, you_are_calling
from tests.factories import BrandFactory, OperatorFactory
from tests.scenario import INTERNAL_HOST, given_customer, given_operator, when_called

pytestmark = [pytest.mark.django_db, pytest.mark.asterisk]  # the voice comes from Debian's packages


OF_SETTINGS = b"RIFF of settings"


@pytest.fixture(autouse=True)
def sounds_of_settings() -> None:
    """Whatever settings ask for is there already; what rows ask for is not."""
    SoundFile.objects.bulk_create(
        SoundFile(content_id=sound.content_id, text=sound.text, data=OF_SETTINGS)
        for sound in missing_sounds()
    )


def make_prompts() -> str:
    output = StringIO()
    call_command("make_prompts", stdout=output)
    return output.getvalue()


def texts() -> set[str]:
    return set(SoundFile.objects.exclude(data=OF_SETTINGS).values_list("text", flat=True))


def served(sound: Sound, key: str | None = None) -> tuple[int, bytes]:
    client = Client(
        headers={"Host": INTERNAL_HOST, "Authorization": f"Bearer {key or settings.AEIMS_API_KEY}"}
    )
    response = client.get(f"/api/telephony/sounds/{sound.content_id}")
    return response.status_code, response.content


def test_names_of_active_brands_and_approved_operators_are_spoken_once_each() -> None:
    brand = BrandFactory(slug="velvet", name="Velvet", spoken_name="Velvet dot example")
    BrandFactory(slug="gone", name="Gone", is_active=False)
    for standing, name in (
        (ApprovalStatus.APPROVED, "Luna"),
        (ApprovalStatus.APPROVED, "Luna"),
        (ApprovalStatus.PENDING, "Eve"),
    ):
        OperatorFactory(stage_name=name, approval_status=standing, brands=[brand])
    assert make_prompts() == "3 sounds made.\n"
    assert texts() == {
        "This is Velvet dot example. You are calling",
        "You have a call from Velvet dot example. The caller's price is",
        "Luna.",
    }
    assert make_prompts() == "0 sounds made.\n"


def test_a_changed_name_is_another_sound_and_a_recording_stays() -> None:
    operator: Operator = OperatorFactory(stage_name="Luna", brands=[])
    make_missing_sounds()
    SoundFile.objects.filter(text="Luna.").update(data=b"RIFF studio")
    operator.stage_name = "Violet"
    operator.save()
    assert make_missing_sounds().made == 1
    assert texts() == {"Luna.", "Violet."}
    assert bytes(SoundFile.objects.get(text="Luna.").data) == b"RIFF studio"


def test_a_warning_at_another_mark_of_the_settings_is_spoken(settings: Any) -> None:
    SoundFile.objects.all().delete()
    settings.BILLING = settings.BILLING | {"WARN_AT_SECONDS": [120, 90, 60, 15]}
    make_missing_sounds()
    assert {"2 minutes left.", "90 seconds left."} <= texts()
    plan = originate_plan(when_called(given_customer(balance="20.00"), given_operator()))
    [name] = plan.customer.prompts["warning_90"]
    assert name.split("|")[0] == f"content/{SoundFile.objects.get(text='90 seconds left.').content_id}"


def test_a_run_of_the_worker_makes_a_few() -> None:
    for number in range(3):
        OperatorFactory(stage_name=f"Luna {number}", brands=[])
    assert make_missing_sounds(limit=2).made == 2
    assert len(missing_sounds()) == 1


def test_without_a_synthesizer_the_command_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    OperatorFactory(stage_name="Luna", brands=[])
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CommandError) as refusal:
        make_prompts()
    assert str(refusal.value).splitlines() == [
        "flite and sox missing here: apt-get install flite sox",
        "1 sounds are not made; neutral ones are played.",
    ]
    (tmp_path / "espeak-ng").write_text("#!/bin/sh\n")
    (tmp_path / "espeak-ng").chmod(0o755)
    with pytest.raises(CommandError, match=r"^sox missing here: apt-get install sox"):
        make_prompts()


def test_where_nothing_is_missing_no_synthesizer_is_needed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert make_prompts() == "0 sounds made.\n"


def test_a_node_with_the_key_gets_the_file_for_good() -> None:
    OperatorFactory(stage_name="Luna", brands=[])
    sound = operator_name("Luna")
    assert served(sound)[0] == 404
    make_missing_sounds()
    status, data = served(sound)
    assert (status, data[:4]) == (200, b"RIFF")
    assert served(sound, key="wrong")[0] == 401
    client = Client(headers={"Host": INTERNAL_HOST})
    assert client.get(f"/api/telephony/sounds/{sound.content_id}").status_code == 401
    client = Client(headers={"Host": INTERNAL_HOST, "Authorization": f"Bearer {settings.AEIMS_API_KEY}"})
    response = client.get(f"/api/telephony/sounds/{sound.content_id}")
    assert response.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert client.get("/api/telephony/sounds/..%2Fx").status_code == 404


def test_the_plan_of_a_call_names_what_the_rows_say() -> None:
    brand = BrandFactory()
    brand.spoken_name = "flirts dot N Y C"
    brand.save()
    call: Call = when_called(given_customer(), given_operator(stage_name="Luna"))
    call = Call.objects.get(pk=call.pk)
    told = originate_plan(call).customer.prompts["connecting"]
    assert told[0].split("|")[0] == you_are_calling("flirts dot N Y C").content_name
    assert told[1].split("|")[0] == operator_name("Luna").content_name


def test_flite_speaks_and_espeak_ng_where_it_is_missing_or_cannot_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    used = tmp_path / "used"
    for program in speech.SYNTHESIZERS:
        real = shutil.which(program)
        wrapper = tmp_path / program
        wrapper.write_text(f'#!/bin/sh\necho {program} >> {used}\nexec {real} "$@"\n')
        wrapper.chmod(0o755)
    (tmp_path / "sox").symlink_to(str(shutil.which("sox")))
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    monkeypatch.setattr(
        shutil, "which", lambda name: str(tmp_path / name) if (tmp_path / name).exists() else None
    )
    spoken = [speech.speak(Sound(name)) for name in ("Luna.", "Zoë.", "Лена.")]
    (tmp_path / "flite").unlink()
    spoken.append(speech.speak(Sound("Luna.")))
    assert used.read_text().split() == ["flite", "flite", "espeak-ng", "espeak-ng"]
    assert all(len(data) > 4000 for data in spoken), "each holds a quarter of a second at least"
    assert spoken[0] != spoken[3]


def test_a_key_that_is_replaced_opens_the_sounds_until_it_is_taken_out(settings: Any) -> None:
    old, settings.AEIMS_API_KEY = settings.AEIMS_API_KEY, "the-new-key-of-no-installation"
    sound = Sound("Luna.")
    assert (served(sound)[0], served(sound, old)[0]) == (404, 401)
    settings.AEIMS_API_KEY_FALLBACKS = [old]
    assert served(sound, old)[0] == 404
