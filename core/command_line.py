"""Django's command line; what a command changes is written down with its name, and with who ran it (`--actor`)."""

from collections.abc import Callable, Sequence
from typing import Any

import pghistory
from django.contrib.auth import get_user_model
from django.core.management import BaseCommand, CommandError, ManagementUtility

# They change no row themselves, run for long, or alter the tables.
UNNAMED = frozenset({"migrate", "run_asterisk_adapter", "run_worker", "runserver", "test"})


def execute(argv: Sequence[str]) -> None:
    """As `django.core.management.execute_from_command_line`."""
    CommandLine(list(argv)).execute()


class CommandLine(ManagementUtility):
    """Every command takes `--actor`, unless it is in `UNNAMED`; one that has such an option already keeps its own."""

    def fetch_command(self, subcommand: str) -> BaseCommand:
        command = super().fetch_command(subcommand)
        if subcommand not in UNNAMED:
            _add_option(command)
            command.execute = _named(subcommand, command.execute)  # type: ignore[method-assign]
        return command


def _add_option(command: BaseCommand) -> None:
    create_parser = command.create_parser

    def with_actor(*args: Any, **options: Any) -> Any:
        parser = create_parser(*args, **options)
        if not any("--actor" in action.option_strings for action in parser._actions):
            parser.add_argument(
                "--actor",
                dest="recorded_actor",
                help="email address of the member of staff who runs this, for the record of what it changes",
            )
        return parser

    command.create_parser = with_actor  # type: ignore[method-assign]


def _named(name: str, run: Callable[..., Any]) -> Callable[..., Any]:
    def execute(*args: Any, **options: Any) -> Any:
        context: dict[str, Any] = {"command": name}
        address = options.pop("recorded_actor", None)
        if address and (actor := _staff(address)) is None:
            raise CommandError(f"There's no staff member {address!r}.")
        if actor := _staff(address or options.get("actor") or ""):
            context["user"] = actor
        with pghistory.context(**context):
            return run(*args, **options)

    return execute


def _staff(address: str) -> int | None:
    """The id of an active member of staff."""
    if not address:
        return None
    staff = get_user_model().objects.filter(email__iexact=address.strip(), is_staff=True, is_active=True)
    return staff.values_list("pk", flat=True).first()
