"""`make screenshots`: every page and state in both sizes and on every site, of a demo made for it and ended afterwards.

All pictures go to `.local/screenshots`; the few that the documentation shows go to `docs/images`. Each is looked over by axe-core,
light and dark, and must not scroll sideways. A run that was interrupted goes on where it was. Ends with 1 if anything was found.
"""

import argparse
import json
import shutil
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tools.environment import ROOT
from tools.screenshots.demo import CHROMIUM, FLAGS, Demo, a_demo
from tools.screenshots.journeys import JOURNEYS
from tools.screenshots.stage import SIZES, Journey, Stage
from tools.screenshots.world import World

ALL = ROOT / ".local" / "screenshots"
SHOWN = {  # picture → its name in docs/images
    "flirts-phone-operator-live.png": "call-phone.png",
    "flirts-desktop-operator-ready.png": "operator-page.png",
    "nycflirts-desktop-directory.png": "directory.png",
    "portal-phone-console-live.png": "console-phone.png",
    "portal-desktop-console-live.png": "console-desktop.png",
    "portal-phone-dashboard.png": "dashboard-phone.png",
    "portal-desktop-dashboard.png": "dashboard-desktop.png",
    "portal-phone-statement.png": "statement-phone.png",
    "portal-desktop-statement.png": "statement-desktop.png",
}


def main() -> int:
    options = _options()
    ALL.mkdir(parents=True, exist_ok=True)
    done = ALL / "done"
    if options.again:
        shutil.rmtree(done, ignore_errors=True)
    done.mkdir(exist_ok=True)
    with _demo(options) as demo, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        world = World(demo)
        world.ask("prepare")
        for name in _wanted(options.only):
            if not (done / f"{name}.json").exists():
                found = _run(name, browser, demo, world)
                (done / f"{name}.json").write_text(json.dumps(found))
                print(f"{name}: {len(found)} findings", flush=True)
        if not options.only:
            for drawing in (ROOT / "static" / "icons").glob("*.svg"):
                if drawing.stem != "sprite":
                    _take_icon(browser, drawing)
        browser.close()
    found = [line for file in sorted(done.glob("*.json")) for line in json.loads(file.read_text())]
    if not options.only:
        shutil.rmtree(done)  # the next run begins anew
        _copy_shown()
    print("\n".join(found))
    print(f"{len(list(ALL.glob('*.png')))} pictures in {ALL}, {len(found)} findings.")
    return 1 if found else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make screenshots", description=__doc__)
    parser.add_argument("--only", default="", help="journeys whose name begins so, such as flirts-phone-call")
    parser.add_argument("--again", action="store_true", help="also what an interrupted run has done")
    parser.add_argument("--data", type=Path, help="the data directory of a demo that runs (with --port)")
    parser.add_argument("--port", type=int, help="its port")
    return parser.parse_args()


@contextmanager
def _demo(options: argparse.Namespace) -> Iterator[Demo]:
    if options.data:
        yield Demo(options.port, options.data)
    else:
        with a_demo() as demo:
            yield demo


def _wanted(only: str) -> list[str]:
    """The names of the journeys: site, size, and what is looked at."""
    names = [f"{site}-{size}-{name}" for (site, name) in JOURNEYS for size in SIZES]
    return [name for name in names if name.startswith(only)]


def _run(name: str, browser: Browser, demo: Demo, world: World) -> list[str]:
    """One journey; what was found, and where it stopped if it could not be finished."""
    site, size, what = name.split("-", 2)
    journey: Journey = JOURNEYS[site, what]
    stage = Stage(browser, demo, world, ALL, site, size)
    try:
        journey(stage)
    except Exception as error:  # what is wrong with one must not hide the others
        place = traceback.extract_tb(error.__traceback__)
        mine = next((frame for frame in reversed(place) if "tools/screenshots" in frame.filename), place[-1])
        stage.found.append(f"{name} stopped at line {mine.lineno} ({mine.line}): {str(error)[:600]}")
    finally:
        stage.close()
        world.ask("end_calls")
    return list(dict.fromkeys(stage.found))


def _take_icon(browser: Browser, drawing: Path) -> None:
    """An icon as phones want it for their home screens."""
    page = browser.new_page(viewport={"width": 180, "height": 180})
    page.goto(drawing.as_uri())
    page.screenshot(path=drawing.with_name(f"{drawing.stem}-180.png"))
    page.context.close()


def _copy_shown() -> None:
    images = ROOT / "docs" / "images"
    images.mkdir(parents=True, exist_ok=True)
    for picture, name in SHOWN.items():
        shutil.copyfile(ALL / picture, images / name)


if __name__ == "__main__":
    sys.exit(main())
