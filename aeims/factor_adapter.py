"""How allauth keeps second factors: seeds and recovery codes are encrypted before they are stored."""

from allauth.mfa.adapter import DefaultMFAAdapter

from core import encryption


class FactorAdapter(DefaultMFAAdapter):
    """Seeds at rest are tokens of `core.encryption`; one under a lost key raises InvalidToken."""

    def encrypt(self, text: str) -> str:
        return encryption.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return encryption.decrypt(encrypted_text)
