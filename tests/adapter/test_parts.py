"""The small pure parts: ids, endings, events, redaction, settings, prompts, phones, the recovery plan."""

import logging
import re

import pytest

from core.log_redaction import RedactPersonal, redact
from telephony.adapter import end_reasons, ids, recovery
from telephony.adapter.ari_events import REPLACED, parse
from telephony.adapter.call_store import CallRecord
from telephony.adapter.cel import RecordedTalk
from telephony.adapter.config import ConfigError, config_from
from telephony.adapter.prompts import Prompts
from telephony.adapter.simulated_phones import Kind as PhoneKind
from telephony.adapter.simulated_phones import behaviour_of
from telephony.adapter.simulator import SimulatedSwitch
from telephony.adapter.switch import Dial, Kind, Survey
from telephony.states import EndedBy, EndReason, Leg
from tests.lab.numbers import parse_number

CALL, OTHER = "call_1750000000_abcdef", "call_1750000001_ghijkl"
NAMES = [f"{CALL}-cust", f"{CALL}-op", f"{CALL}-br", f"{CALL}-snoop-3", f"{CALL}-say-12"]


def test_every_name_of_a_call_leads_back_to_it() -> None:
    made = [
        ids.channel_id(CALL, Leg.CUSTOMER),
        ids.channel_id(CALL, Leg.OPERATOR),
        ids.bridge_id(CALL),
        ids.snoop_id(CALL, 3),
        ids.playback_id(CALL, 12),
    ]
    assert made == NAMES
    assert {ids.call_of(name) for name in made} == {CALL}
    assert [ids.leg_of(name) for name in made] == [Leg.CUSTOMER, Leg.OPERATOR, None, None, None]


@pytest.mark.parametrize(
    "name", ["", CALL, f"{CALL}-other", f"x{CALL}-cust", "1750000000.12", f"{CALL}-cust\n"]
)
def test_foreign_names_are_nobodys(name: str) -> None:
    assert ids.call_of(name) is None
    assert ids.leg_of(name) is None


@pytest.mark.parametrize(
    ("cause", "state", "word"),
    [
        (17, "busy", "busy"), (21, "busy", "declined"), (19, "no_answer", "no_answer"), (18, "no_answer", "no_answer"),
        (16, "no_answer", "no_answer"), (0, "no_answer", "no_answer"), (None, "no_answer", "no_answer"),
        (34, "failed", "unreachable"), (1, "failed", "unreachable"), (20, "failed", "unreachable"),
        (27, "failed", "unreachable"), (38, "failed", "unreachable"), (127, "failed", "unreachable"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("leg", Leg)
def test_causes_of_a_leg_that_never_answered(leg: Leg, cause: int | None, state: str, word: str) -> None:
    ending = end_reasons.not_reached(leg, cause)
    assert (ending.state, ending.why, ending.leg) == (state, f"{leg}_{word}", leg)
    assert ending.ended_by == (EndedBy.NETWORK if state == "failed" else leg)


@pytest.mark.parametrize("why", EndReason)
@pytest.mark.parametrize("ended_by", EndedBy)
def test_a_hang_up_request_never_says_what_cannot_be(ended_by: EndedBy, why: EndReason) -> None:
    joined = end_reasons.hangup_requested_while_joined(ended_by, why)
    assert joined.state == "ended"
    assert not re.match("customer_|operator_|adapter|phone|expired|unheard", joined.why)
    unjoined = end_reasons.hangup_requested_before_joining(ended_by, why)
    assert (unjoined.state == "ended") == (ended_by is EndedBy.CUSTOMER)


@pytest.mark.parametrize(
    "text",
    [
        "+12125550123", "12125550123", "PJSIP/+12125550123@carrier", "tel:+1 (212) 555-0123", "1-212-555-0123",
        "sip:12125550123@host", '"2125550123"', "call to 212.555.0123 failed",
    ],
)  # fmt: skip
def test_numbers_are_redacted(text: str) -> None:
    assert "5550" not in redact(text)
    assert "[number]" in redact(text)


@pytest.mark.parametrize(
    "text", [f"{CALL} over: hangup", "127.0.0.1:8090", "answer 404", "in 3.5 s", NAMES[0]]
)
def test_what_is_no_number_stays(text: str) -> None:
    assert redact(text) == text


def test_log_lines_lose_numbers_in_arguments_and_tracebacks() -> None:
    formatter = logging.Formatter("%(asctime)s %(levelname)s %(message)s")
    try:
        raise RuntimeError("no route to +12125550123")
    except RuntimeError as error:
        failure = (type(error), error, error.__traceback__)
    record = logging.LogRecord("x", logging.ERROR, __file__, 1, "dialling %s", ("+12125550123",), failure)
    assert RedactPersonal().filter(record)
    line = formatter.format(record)
    assert "5550123" not in line
    assert line.startswith(formatter.formatTime(record)), "the time of the line itself is kept"


@pytest.mark.parametrize(
    "text",
    ["to amber.heron+x@mail.example.test", "Key (lower(email))=(a@b.example) already exists.", "<a@b.co>"],
)
def test_addresses_are_redacted(text: str) -> None:
    assert "[email]" in redact(text)
    assert "@" not in redact(text)


def test_a_dial_shows_no_number() -> None:
    assert "555" not in repr(Dial(NAMES[0], "+12125550123", "+18005550100", 20, "x", {}))


class TestEvents:
    STASIS = (
        '{"type":"StasisStart","timestamp":"2025-06-15T15:06:40.123+0000","args":[],'
        f'"channel":{{"id":"{CALL}-cust","name":"PJSIP/carrier-1"}},"application":"aeims"}}'
    )

    def test_an_event_of_ours(self) -> None:
        event = parse(self.STASIS)
        assert event is not None
        assert not isinstance(event, str)
        assert (event.kind, event.at, event.channel_id) == (Kind.STASIS_START, 1_750_000_000.123, NAMES[0])
        assert event.channel_name == "PJSIP/carrier-1"

    def test_a_playback_names_its_channel(self) -> None:
        text = (
            '{"type":"PlaybackFinished","timestamp":"2025-06-15T15:06:40.123+0000","playback":'
            f'{{"id":"{CALL}-say-1","target_uri":"channel:{CALL}-op","state":"done"}}}}'
        )
        event = parse(text)
        assert event is not None
        assert not isinstance(event, str)
        assert (event.playback_id, event.channel_id) == (f"{CALL}-say-1", f"{CALL}-op")

    def test_being_replaced_is_heard(self) -> None:
        assert parse('{"type":"ApplicationReplaced","application":"aeims"}') == REPLACED

    @pytest.mark.parametrize(
        "text",
        ["", "[]", "null", "7", "{}", '{"type":"ChannelVarset","timestamp":"x"}', '{"type":"StasisStart"}',
         '{"type":"StasisStart","timestamp":"yesterday"}', '{"type":["StasisStart"]}', "\x00"],
    )  # fmt: skip
    def test_everything_else_is_let_pass(self, text: str) -> None:
        assert parse(text) is None


class TestSettings:
    def test_defaults(self) -> None:
        config = config_from({"AEIMS_API_KEY": "k"})
        assert (config.listen_host, config.listen_port) == ("127.0.0.1", 8090)
        assert (config.allowed_prefixes, config.lab_prefixes, config.cel_file) == (("+1",), (), None)
        assert "k'" not in repr(config), "no secret in a representation"

    def test_all_given(self) -> None:
        config = config_from(
            {
                "AEIMS_API_KEY": "k", "ADAPTER_LISTEN": "[::1]:9000", "ASTERISK_ARI_URL": "http://pbx:8088/ari/",
                "TELEPHONY_ALLOWED_PREFIXES": "+1, +44,-1712550", "TELEPHONY_LAB_PREFIXES": "+1999",
                "ASTERISK_CEL_FILE": "/var/log/cel.csv", "ADAPTER_NODE": "east", "ADAPTER_MAX_CALLS": "100",
                "ASTERISK_SOUNDS_DIR": "/var/lib/sounds", "AEIMS_WEBHOOK_URL": "http://web:8000/events/call",
            }
        )  # fmt: skip
        assert (config.listen_host, config.listen_port, config.ari_url) == (
            "::1",
            9000,
            "http://pbx:8088/ari",
        )
        assert str(config.sounds_dir) == "/var/lib/sounds"
        assert (config.max_calls, config.calls_per_second) == (100, 20)
        assert config.sounds_url == "http://web:8000/api/telephony/sounds/"
        assert (config.allowed_prefixes, config.lab_prefixes, config.node) == (
            ("+1", "+44", "-1712550"),
            ("+1999",),
            "east",
        )

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("AEIMS_API_KEY", ""), ("ADAPTER_LISTEN", "8090x"), ("ADAPTER_LISTEN", "host:99999"),
            ("ASTERISK_ARI_URL", "pbx:8088"), ("AEIMS_WEBHOOK_URL", "file:///x"),
            ("ASTERISK_DIAL_TEMPLATE", "PJSIP/carrier"), ("TELEPHONY_ALLOWED_PREFIXES", "1"), ("TELEPHONY_ALLOWED_PREFIXES", "+1,--1"), ("TELEPHONY_LAB_PREFIXES", "-1999"),
            ("TELEPHONY_LAB_PREFIXES", "+1999,*"), ("ADAPTER_MAX_CALLS", "0"), ("ADAPTER_CALLS_PER_SECOND", "many"),
        ],
    )  # fmt: skip
    def test_a_bad_one_is_named(self, name: str, value: str) -> None:
        with pytest.raises(ConfigError, match=name):
            config_from({"AEIMS_API_KEY": "k", name: value})


async def test_a_prompt_takes_the_first_sound_there_is_and_leaves_out_what_is_missing() -> None:
    prompts = Prompts(SimulatedSwitch(sounds=frozenset({"aeims/b", "aeims/c"})))
    assert await prompts.resolve(["a|b", "c|b", "x|y", "b"]) == [
        "sound:aeims/b",
        "sound:aeims/c",
        "sound:aeims/b",
    ]
    assert await prompts.resolve([]) == []


def test_simulated_phones_read_numbers_as_the_lab_does() -> None:
    manners = ["answer", "accept", "accept_info", "wrong_key", "early", "voicemail", "busy", "decline"]
    for digit, _ in enumerate([*manners, "no_answer", "unavailable"]):
        number = f"+1999{digit}070123"
        ours, theirs = behaviour_of(number), parse_number(number)
        assert ours.kind is PhoneKind(digit)
        assert (
            (ours.ring_seconds, ours.talk_seconds) == (theirs.ring_seconds, theirs.talk_seconds) == (7, 123)
        )
    unknown = behaviour_of("+12125550123")
    assert (unknown.kind, unknown.ring_seconds, unknown.talk_seconds, unknown.keys) == (
        PhoneKind.ANSWERS,
        1,
        0,
        "",
    )


class TestTheRecoveryPlan:
    LEGS = frozenset({f"{CALL}-cust", f"{CALL}-op"})

    def record(self, joined_at: float | None = None) -> CallRecord:
        return CallRecord(CALL, "17", 22, 180, False, [], {}, 1.0, joined_at=joined_at)

    def survey(self, *channels: str, bridged: frozenset[str] | None = None) -> Survey:
        bridges = {} if bridged is None else {f"{CALL}-br": bridged}
        return Survey(dict.fromkeys(channels, "PJSIP/x"), bridges, frozenset(), 1.0)

    def test_joined_and_there_goes_on(self) -> None:
        plan = recovery.plan_recovery([self.record(5.0)], self.survey(*self.LEGS, bridged=self.LEGS), {})
        assert (plan.adopt, plan.hangup, plan.delete_bridges) == ({CALL: 5.0}, [], [])

    @pytest.mark.parametrize(("talk", "known"), [({}, None), ({CALL: RecordedTalk(7.0)}, 7.0)])
    def test_joined_in_the_instant_of_death_goes_on(
        self, talk: dict[str, RecordedTalk], known: float | None
    ) -> None:
        plan = recovery.plan_recovery([self.record()], self.survey(*self.LEGS, bridged=self.LEGS), talk)
        assert plan.adopt == {CALL: known}

    def test_joined_and_gone_is_closed_by_the_record(self) -> None:
        talk = RecordedTalk(5.0, 9.0, Leg.OPERATOR, 16)
        plan = recovery.plan_recovery([self.record(5.0)], self.survey(bridged=frozenset()), {CALL: talk})
        assert (plan.close, plan.delete_bridges) == ({CALL: talk}, [f"{CALL}-br"])
        assert not plan.open_ended

    def test_one_leg_left_is_over_and_the_other_is_swept(self) -> None:
        left = frozenset({f"{CALL}-cust"})
        plan = recovery.plan_recovery([self.record(5.0)], self.survey(*left, bridged=left), {})
        assert (plan.close, plan.open_ended, plan.hangup) == ({CALL: None}, [CALL], [f"{CALL}-cust"])

    def test_a_talk_that_only_the_record_saw_is_charged(self) -> None:
        talk = RecordedTalk(5.0, 9.0, Leg.OPERATOR, 16)
        assert recovery.plan_recovery([self.record()], self.survey(), {CALL: talk}).close == {CALL: talk}

    def test_legs_that_were_never_joined_fail_and_are_swept(self) -> None:
        plan = recovery.plan_recovery([self.record()], self.survey(*self.LEGS), {})
        assert (plan.fail, plan.hangup) == ([CALL], sorted(self.LEGS))

    @pytest.mark.parametrize("there", [{f"{CALL}-cust"}, set()], ids=["still there", "gone"])
    def test_an_unjoined_call_of_this_process_goes_on_if_its_phones_do(self, there: set[str]) -> None:
        waiting = {CALL: frozenset({f"{CALL}-cust"})}
        plan = recovery.plan_recovery([self.record()], self.survey(*there), {}, waiting)
        assert (plan.resume, plan.fail, plan.hangup) == (
            [CALL] if there else [],
            [] if there else [CALL],
            [],
        )

    @pytest.mark.parametrize(("over", "is_left"), [(set(), True), ({CALL}, False)], ids=["unknown", "over"])
    def test_joined_parties_that_the_journal_does_not_have_are_left_alone(
        self, over: set[str], is_left: bool
    ) -> None:
        plan = recovery.plan_recovery([], self.survey(*self.LEGS, bridged=self.LEGS), {}, over=over)
        assert (plan.hangup, plan.delete_bridges) == (
            ([], []) if is_left else (sorted(self.LEGS), [f"{CALL}-br"])
        )

    def test_strays_are_swept_and_strangers_are_not(self) -> None:
        survey = Survey(
            {
                f"{OTHER}-op": "a",
                f"{CALL}-snoop-1": "b",
                "1750000000.7": "stranger",
                "1750000000.8": "inbound",
            },
            {f"{OTHER}-br": frozenset(), "stranger": frozenset()},
            frozenset({"1750000000.8", "gone"}),
            1.0,
        )
        plan = recovery.plan_recovery([], survey, {})
        assert plan.hangup == ["1750000000.8", f"{CALL}-snoop-1", f"{OTHER}-op"]
        assert plan.delete_bridges == [f"{OTHER}-br"]
