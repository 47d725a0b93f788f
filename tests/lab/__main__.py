"""The lab by hand.

python -m tests.lab up [--name N] [--http P --sip P --carrier P] [--set KEY=VALUE ...]
python -m tests.lab cli [--name N] "core show channels"
python -m tests.lab info | kill | down [--name N]
python -m tests.lab phones --port P          a carrier whose phones behave by their numbers, until Ctrl-C
python -m tests.lab load --port P            the same by SIPp, for hundreds of calls
"""

# ruff: noqa: T201  (a command: it prints)

import argparse
import asyncio
import json
import sys
from pathlib import Path

from tests.lab.asterisk import Asterisk, LabError, describe
from tests.lab.carrier import Carrier
from tests.lab.ports import Ports, free_ports
from tests.lab.sipp import SippCarrier
from tools.asterisk_root import RootError, data_dir


def _remembered(name: str) -> Path:
    return data_dir() / f"lab-{name}.json"


def _node(options: argparse.Namespace) -> Asterisk:
    file = _remembered(options.name)
    if options.action == "up":
        free = free_ports()
        ports = Ports(
            options.http or free.http,
            options.sip or free.sip,
            options.carrier or free.carrier,
            free.rtp_start,
        )
        file.write_text(json.dumps(vars_of(ports)))
    elif file.exists():
        ports = Ports(**json.loads(file.read_text()))
    else:
        raise LabError(f"no lab named {options.name}")
    values = dict(pair.split("=", 1) for pair in options.set)
    return Asterisk(options.name, ports=ports, values=values, outlives_us=True)


def vars_of(ports: Ports) -> dict[str, int]:
    return {"http": ports.http, "sip": ports.sip, "carrier": ports.carrier, "rtp_start": ports.rtp_start}


async def _phones(port: int) -> None:
    async with Carrier(port=port) as carrier:
        seen = 0
        while True:
            await asyncio.sleep(0.5)
            for message in carrier.messages[seen:]:
                print(
                    f"{message.at:.3f} {'<-' if message.from_asterisk else '->'} {message.first_line}",
                    flush=True,
                )
            seen = len(carrier.messages)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("action", choices=["up", "cli", "info", "kill", "down", "phones", "load"])
    parser.add_argument("command", nargs="?", default="core show version")
    parser.add_argument("--name", default="hand")
    for port in ("http", "sip", "carrier"):
        parser.add_argument(f"--{port}", type=int, help="port; free ones by default")
    parser.add_argument("--port", type=int, default=5070, help="of phones and load")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="variable of the entrypoint"
    )
    options = parser.parse_intermixed_args()
    try:
        if options.action == "phones":
            asyncio.run(_phones(options.port))
        elif options.action == "load":
            with SippCarrier(port=options.port) as carrier:
                carrier.wait()
        else:
            node = _node(options)
            if options.action == "cli":
                print(node.cli(options.command), end="")
            elif options.action != "info":
                getattr(node, options.action)()
            if options.action in ("up", "info"):
                print(describe(node))
    except KeyboardInterrupt:
        return 130
    except (LabError, RootError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
