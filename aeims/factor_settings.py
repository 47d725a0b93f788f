"""Settings of second factors, for allauth (`aeims.factor_adapter`)."""

SETTINGS = {
    "MFA_SUPPORTED_TYPES": ["totp", "recovery_codes"],
    "MFA_ADAPTER": "aeims.factor_adapter.FactorAdapter",
    "MFA_TOTP_ISSUER": "AEIMS",
    "MFA_RECOVERY_CODES_SHOW_ONCE": True,  # afterwards they are hashes
    "MFA_FORMS": {
        "activate_totp": "aeims.factor_adapter.ActivateForm",
        "authenticate": "aeims.factor_adapter.CodeForm",
        "reauthenticate": "aeims.factor_adapter.CodeAgainForm",
    },
}
