"""What a provider outside (of SMS, of card payments) declares about itself: its settings, its secrets, the hosts it is reached at.

Tests compare `.env.example` and the documentation with it; `deploy/containers/make_secrets.sh` follows `.env.example`.
"""

from dataclasses import dataclass

from core.environment import Environment

SECRET_ENDINGS = ("_KEY", "_PASSWORD", "_SECRET", "_TOKEN")  # by which make_secrets.sh knows a secret

_env = Environment()


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting, by its name in the environment. Empty where it is not set."""

    name: str

    @property
    def value(self) -> str:
        return str(_env(self.name, default=""))


@dataclass(frozen=True, slots=True)
class Secret(Setting):
    """A secret. Where no setting of its own holds it, it is a line `NAME=value` of the setting `among` (`SMS_SECRETS`), which all
    providers of a kind share: `SMS_SECRETS_FILE` names its file.

    `algorithm` is what it is used with, `replaced` when and how another takes its place, for the list of secrets.
    """

    among: str
    algorithm: str
    replaced: str

    @property
    def value(self) -> str:
        return str(_env(self.name, default="")) or _lines_of(self.among).get(self.name, "")


@dataclass(frozen=True, slots=True)
class Declaration:
    """One provider, for those who run it. `hosts`: a host, or the name of the setting that holds the address.

    `proof`: why a request to a webhook is believed to be the provider's.
    """

    title: str
    settings: tuple[Setting, ...]
    hosts: tuple[str, ...]
    proof: str

    @property
    def secrets(self) -> tuple[Secret, ...]:
        return tuple(setting for setting in self.settings if isinstance(setting, Secret))


def _lines_of(setting: str) -> dict[str, str]:
    lines = str(_env(setting, default="")).splitlines()
    return {
        name.strip(): value.strip()
        for name, separator, value in (line.partition("=") for line in lines)
        if separator
    }
