"""Whether an alert of deploy/prometheus/rules.yml fires: the rule as it stands, on the text that a process really answers.

`fires` gives promtool two such texts, from before and after a fault, as what Prometheus read again and again.
"""

import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from prometheus_client.parser import text_string_to_metric_families

from core import clock
from tools.environment import ROOT

FOLDER = ROOT / "deploy/prometheus"
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((FOLDER / "rules.yml").read_text())["groups"] for rule in group["rules"]
]
BY_NAME = {rule["alert"]: rule for rule in RULES}
_BEFORE = 10  # samples, of a minute or half an hour
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

Series = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def promtool(*arguments: str) -> str:
    """What it says; fails with that where it is not content."""
    done = subprocess.run(["promtool", *arguments], cwd=FOLDER, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def series_of(text: str, job: str) -> Series:
    """Every sample of an answer, with the labels that Prometheus adds. Dates are told from promtool's first moment on."""
    begins = clock.now().timestamp() - 60 * _BEFORE
    return {
        (sample.name, tuple(sorted({**sample.labels, "job": job, "instance": "one"}.items()))): (
            sample.value - begins if sample.name.endswith("_timestamp_seconds") else sample.value
        )
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def names_in(expression: str) -> set[str]:
    """The metrics that an expression reads."""
    return {*re.findall(r"\baeims_[a-z_]+", expression), *re.findall(r"\bup\b", expression)}


def fires(
    alert: str,
    before: str | Series,
    after: str | Series,
    cured: str | Series | None = None,
    *,
    job: str = "web",
    lasts: int = 0,
    rests: int = _BEFORE,
) -> bool:
    """Whether `alert` is quiet on what was read before the fault and fires on what was read since: after its `for`, or after
    `lasts` minutes; and rests on what was read when it was cured, if that is given, `rests` minutes later at the latest. Fails
    with promtool's words where not.
    """
    rule = BY_NAME[alert]
    wanted = names_in(rule["expr"])
    lasts = lasts or _minutes(rule.get("for", "0s")) + 3
    step = 1 if lasts <= 120 else 30
    phases = [
        (before, _BEFORE),
        (after, -(-lasts // step)),
        *([(cured, max(_BEFORE, -(-rests // step)))] if cured else []),
    ]
    read = [(x if isinstance(x, dict) else series_of(x, job), samples) for x, samples in phases]
    inputs = [
        {"series": _notation(*key), "values": " ".join(_run(series.get(key), samples) for series, samples in read)}
        for key in sorted({key for series, _ in read for key in series})
        if key[0] in wanted
    ]  # fmt: skip
    assert inputs, f"nothing that {alert} reads is there"
    alarms = f'ALERTS{{alertname="{alert}"}}'
    firing = f'count(ALERTS{{alertname="{alert}",alertstate="firing"}}) > bool 0'
    expected, at = [], 0
    for (_, samples), (expression, found) in zip(
        phases, [(alarms, []), (firing, [{"labels": "{}", "value": 1}]), (alarms, [])], strict=False
    ):
        at += samples
        expected.append({"expr": expression, "eval_time": f"{(at - 1) * step}m", "exp_samples": found})
    tried = {"interval": f"{step}m", "input_series": inputs, "promql_expr_test": expected}
    with tempfile.TemporaryDirectory() as directory:
        alone, file = Path(directory) / "rules.yml", Path(directory) / "test.yml"
        alone.write_text(yaml.safe_dump({"groups": [{"name": "one", "rules": [rule]}]}))  # many take long
        file.write_text(yaml.safe_dump({
            "rule_files": [str(alone)], "evaluation_interval": f"{step}m", "tests": [tried],
        }))  # fmt: skip
        promtool("test", "rules", str(file))
    return True


def expressions(dashboard: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The title of each panel of a dashboard of Grafana, and each expression in it."""
    for panel in dashboard["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]


def _run(value: float | None, samples: int) -> str:
    """So many samples alike, in promtool's notation; none: the series is not there."""
    return f"_x{samples}" if value is None else f"{value:.17g}+0x{samples - 1}"


def _notation(name: str, labels: tuple[tuple[str, str], ...]) -> str:
    return f"{name}{{{', '.join(f'{label}={_quoted(text)}' for label, text in labels)}}}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _minutes(duration: str) -> int:
    return -(-int(duration[:-1]) * _UNITS[duration[-1]] // 60)
