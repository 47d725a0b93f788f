"""What a person of a journey reads in their letters and hears on their phone."""

import re
import time

from tests.browser.product import Product

PATIENCE_SECONDS = 30


def mail_about(product: Product, email: str, words: str) -> str:
    """The letter to this address that holds these words, unfolded; the worker sends it: wait until it is there."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        for mail in product.mails().split("-" * 79):
            text = " ".join(mail.replace("=\n", "").split())
            if email in text and words in text:
                return text
        time.sleep(0.2)
    raise AssertionError(f"no letter with {words!r}")


def mailed_code(product: Product, email: str) -> str:
    """The code in the last letter to this address."""
    pattern = rf"To: {email}.*?^([A-Z]{{4}}-[A-Z]{{4}})\s*$"
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := re.findall(pattern, product.mails(), re.DOTALL | re.MULTILINE)):
        assert time.monotonic() < deadline, product.mails()
        time.sleep(0.1)
    return str(found[-1])


def spoken_code(product: Product, number: str) -> str:
    """What the phone hears: wait until the voice has said the code twice."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not any(sound.endswith("goodbye") for sound in product.heard(number)):
        assert time.monotonic() < deadline, "the phone heard nothing"
        time.sleep(0.2)
    digits = [sound.rpartition("/")[2] for sound in product.heard(number) if "numbers/" in sound]
    return "".join(digits[:6])
