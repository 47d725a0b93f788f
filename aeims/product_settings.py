"""The product's own settings: calls, messages and money. `aeims.settings` takes each by its name."""

from aeims.environment import env

# -- Telephony (docs/design.md section 8)
AEIMS_API_KEY = env("AEIMS_API_KEY", default="")
AEIMS_API_KEY_FALLBACKS = env.list("AEIMS_API_KEY_FALLBACKS", default=[])  # believed, never used
MORNING_LETTER_HOUR = env.int("AEIMS_MORNING_LETTER_HOUR", default=7)  # in New York; -1: never
METRICS_KEY = env("AEIMS_METRICS_KEY", default="")  # empty: no metrics
PORT = env.int("PORT", default=8000)
ADAPTER_LISTEN = env("ADAPTER_LISTEN", default="127.0.0.1:8090")
ASTERISK_ADAPTER_URL = env("ASTERISK_ADAPTER_URL", default=f"http://{ADAPTER_LISTEN}").rstrip("/")
INTERNAL_CA = env(
    "AEIMS_INTERNAL_CA", default=""
)  # who signed the adapter's certificate; empty: as the system believes
TELEPHONY_ALLOWED_PREFIXES = env.list("TELEPHONY_ALLOWED_PREFIXES", default=["+1"])
TELEPHONY_LAB_PREFIXES = env.list("TELEPHONY_LAB_PREFIXES", default=[])
SIMULATED_PHONES_HEARD = env("SIMULATED_PHONES_HEARD", default="")  # read by the demo's pages
RESERVATIONS_PER_HOUR = env.int(
    "AEIMS_RESERVATIONS_PER_HOUR", default=3
)  # of operators while paying; 0: none
MAX_UNJOINED_ATTEMPTS = env.int("AEIMS_MAX_UNJOINED_ATTEMPTS", default=3)  # in ten minutes; 0: no limit
# Codes spoken to phones, which cost us a call each: seconds between two, and how many in a day and in the house's hour.
PHONE_CODES = {
    "PAUSE_SECONDS": env.int("AEIMS_PHONE_CODE_PAUSE_SECONDS", default=60),
    "PER_NUMBER_DAILY": env.int("AEIMS_PHONE_CODES_PER_NUMBER", default=3),
    "PER_CUSTOMER_DAILY": env.int("AEIMS_PHONE_CODES_PER_CUSTOMER", default=5),
    "PER_HOUR": env.int("AEIMS_PHONE_CODES_PER_HOUR", default=200),
}
# What a call was charged too much by Asterisk's record is given back by itself up to so many cents.
CORRECTION_LIMIT_MINOR = env.int("AEIMS_CORRECTION_LIMIT_MINOR", default=2000)
# How long each phone rings, seconds (5 to 120).
CUSTOMER_RING_SECONDS = env.int("AEIMS_CUSTOMER_RING_SECONDS", default=30)
OPERATOR_RING_SECONDS = env.int("AEIMS_OPERATOR_RING_SECONDS", default=25)  # all phones of one together
# For how long one of an operator's phones rings before the next does, seconds (5 to 120).
NEXT_PHONE_SECONDS = env.int("AEIMS_NEXT_PHONE_SECONDS", default=12)
# A fault of ours that ends a call within so many seconds of talk gives back all it cost; 0: none does.
FAULT_REFUND_SECONDS = env.int("AEIMS_FAULT_REFUND_SECONDS", default=30)
# How long either may keep the other on hold, seconds. The operator's hold that ends a call is not charged.
HOLD_SECONDS = {
    "OPERATOR": env.int("AEIMS_OPERATOR_HOLD_SECONDS", default=15),
    "CUSTOMER": env.int("AEIMS_CUSTOMER_HOLD_SECONDS", default=60),
}
# After so many seconds without a packet Asterisk ends a leg; each node has the same variable.
RTP_TIMEOUT = env.int("RTP_TIMEOUT", default=30)
# An exchange that takes more than this share of all answered minutes on the trunk alarms, from so many minutes of its own on.
EXCHANGE_ALARM = {
    "SHARE_BPS": env.int("AEIMS_EXCHANGE_SHARE_BPS", default=2_500),
    "LEAST_MINUTES": env.int("AEIMS_EXCHANGE_LEAST_MINUTES", default=600),
}

# -- Messages (what differs by brand is a row: messaging.models.BrandRules)
MESSAGING = {
    "MAX_LENGTH": env.int("AEIMS_MESSAGE_MAX_LENGTH", default=1000),
    "MAX_SEGMENTS": env.int("AEIMS_MESSAGE_MAX_SEGMENTS", default=4),
    "MAX_PER_MINUTE": env.int("AEIMS_MESSAGES_PER_MINUTE", default=30),
    "SESSION_GAP_SECONDS": env.int("AEIMS_CHAT_SESSION_GAP_SECONDS", default=1800),
    "ALERT_DELAY_SECONDS": env.int("AEIMS_MESSAGE_ALERT_DELAY_SECONDS", default=60),
    "NOTICE_DELAY_SECONDS": env.int("AEIMS_MESSAGE_NOTICE_DELAY_SECONDS", default=300),
    "ANSWERS_UNKNOWN_NUMBERS": env.bool("AEIMS_SMS_ANSWERS_UNKNOWN_NUMBERS", default=True),
}

# -- Push notifications. Without a key there are none.
PUSH_KEY = env("AEIMS_PUSH_KEY", default="")
PUSH_HOSTS = env.list(
    "AEIMS_PUSH_HOSTS",
    # jmt17.google.com: Chromium as distributions and developers build it
    default=["fcm.googleapis.com", "jmt17.google.com", "updates.push.services.mozilla.com", "web.push.apple.com", ".push.apple.com", ".notify.windows.com"],
)  # fmt: skip

# -- Operators
PROFILE_TEXTS_WAIT = env.bool("AEIMS_PROFILE_TEXTS_WAIT", default=True)  # for staff, as photos always do

# Days that operators have to sign a new edition of the contract, from when it was first shown in this installation.
CONTRACT_GRACE_DAYS = env.int("AEIMS_CONTRACT_GRACE_DAYS", default=30)
# Days that operators without a tax form are paid all the same, from when this installation began to ask for one.
TAX_FORM_GRACE_DAYS = env.int("AEIMS_TAX_FORM_GRACE_DAYS", default=30)
# Days after which somebody whose application was declined may apply again.
REAPPLY_DAYS = env.int("AEIMS_REAPPLY_DAYS", default=7)
# That a browser keeps whose link it opened; never more than the privacy notice says.
LINK_COOKIE_DAYS = min(env.int("AEIMS_LINK_COOKIE_DAYS", default=30), 30)

# -- Customers
# Kinds of cards whose confirmed payment shows that a customer is an adult; unknown: where the processor doesn't say.
ACCESS_CARD_KINDS = env.list("AEIMS_ACCESS_CARD_KINDS", default=["credit", "debit", "unknown"])

# -- Money limits (cents, seconds)
BILLING = {
    "GRANT_STEP_SECONDS": env.int("AEIMS_GRANT_STEP_SECONDS", default=180),
    "ASK_AHEAD_SECONDS": env.int("AEIMS_ASK_AHEAD_SECONDS", default=90),
    "WARN_AT_SECONDS": sorted(env.list("AEIMS_WARN_AT_SECONDS", cast=int, default=[60, 15]), reverse=True),
    "CURRENCY": env("AEIMS_CURRENCY", default="USD"),
    "MAX_CALL_SECONDS": env.int("AEIMS_MAX_CALL_SECONDS", default=4 * 3600),
    "PROMO_PAY_BPS": env.int("AEIMS_PROMO_PAY_BPS", default=10_000),
    "PROMO_MAX_RATE_MINOR": env.int("AEIMS_PROMO_MAX_RATE_MINOR", default=0),  # 0: whatever the call costs
    "FREE_MINUTES_ORDER": env("AEIMS_FREE_MINUTES_ORDER", default="granted"),
    "MAX_BALANCE_MINOR": env.int("AEIMS_MAX_BALANCE_MINOR", default=100_000),
    "FIRST_INCREMENT_SECONDS": env.int("AEIMS_FIRST_INCREMENT_SECONDS", default=60),
    "NEXT_INCREMENT_SECONDS": env.int("AEIMS_NEXT_INCREMENT_SECONDS", default=60),
    "GRACE_SECONDS": env.int("AEIMS_GRACE_SECONDS", default=3),
    "STAFF_DAILY_MINOR": env.int("AEIMS_STAFF_DAILY_MINOR", default=100_000),
    "STAFF_DAILY_FREE_MINUTES": env.int("AEIMS_STAFF_DAILY_FREE_MINUTES", default=1_000),
    # Role:cents:minutes that one member of staff gives one person alone in 24 hours; *: staff in none of these roles.
    "STAFF_LIMITS": env.list(
        "AEIMS_STAFF_LIMITS",
        default=[
            "Support:5000:60",
            "Finance:50000:60",
            "Operations:0:0",
            "Administrator:50000:240",
            "*:20000:120",
        ],
    ),
    "SOLE_ADMINISTRATOR": env.bool("AEIMS_SOLE_ADMINISTRATOR", default=False),
    "HELD_EARNINGS": {
        "NETWORK_DAYS": env.int("AEIMS_HELD_NETWORK_DAYS", default=7),
        "SHARE_BPS": env.int("AEIMS_HELD_SHARE_BPS", default=4_000),
        "FLOOR_MINOR": env.int("AEIMS_HELD_FLOOR_MINOR", default=10_000),
        "RELEASED_DAYS": env.int("AEIMS_HELD_RELEASED_DAYS", default=30),
    },
    "PAYOUTS": {
        "HOLD_DAYS": env.int("AEIMS_PAYOUT_HOLD_DAYS", default=7),
        "LEAST_MINOR": env.int("AEIMS_PAYOUT_LEAST_MINOR", default=2_500),
        "AT_ONCE_FEE_MINOR": env.int("AEIMS_PAYOUT_AT_ONCE_FEE_MINOR", default=-1),  # -1: not offered
        "ACCOUNT_WAIT_HOURS": env.int("AEIMS_PAYOUT_ACCOUNT_WAIT_HOURS", default=72),
        "METHODS": env.list("AEIMS_PAYOUT_METHODS", default=["ach", "transfer", "check", "wallet"]),
        "BANK_ROUTING": env("AEIMS_PAYOUT_BANK_ROUTING", default=""),
        "BANK_NAME": env("AEIMS_PAYOUT_BANK_NAME", default=""),
        "COMPANY_NAME": env("AEIMS_PAYOUT_COMPANY_NAME", default=""),
        "COMPANY_ID": env("AEIMS_PAYOUT_COMPANY_ID", default=""),
    },
    "FAULT_REFUNDS_WEEK_MINOR": env.int("AEIMS_FAULT_REFUNDS_WEEK_MINOR", default=2_500),
    "TIPS": {
        "SMALLEST_MINOR": env.int("AEIMS_TIP_SMALLEST_MINOR", default=100),
        "LARGEST_MINOR": env.int("AEIMS_TIP_LARGEST_MINOR", default=20_000),
        "PAID_DAYS": env.int("AEIMS_TIP_PAID_DAYS", default=30),  # to somebody who was paid in so many days
        "REFUND_HOURS": env.int("AEIMS_TIP_REFUND_HOURS", default=24),
    },
    # What a key adds in a call whose money ends; 0: nothing is offered.
    "CALL_LOAD_MINOR": env.int("AEIMS_CALL_LOAD_MINOR", default=2_000),
    # What a minute of an answered leg costs on the trunk, millionths of a dollar: for the margin that staff see.
    "TRUNK": {
        "CUSTOMER_LEG_MILLIONTHS": env.int("AEIMS_TRUNK_CUSTOMER_LEG_MILLIONTHS", default=0),
        "OPERATOR_LEG_MILLIONTHS": env.int("AEIMS_TRUNK_OPERATOR_LEG_MILLIONTHS", default=0),
    },
    "LOAD_AMOUNTS": env.list("AEIMS_LOAD_AMOUNTS", cast=int, default=[1_000, 2_500, 5_000, 10_000]),
    "CARDS": {
        "SMALLEST_MINOR": env.int("AEIMS_CARD_SMALLEST_MINOR", default=500),
        "DAY_MINOR": env.int("AEIMS_CARD_DAY_MINOR", default=50_000),
        "NEW_ACCOUNT_DAY_MINOR": env.int("AEIMS_CARD_NEW_ACCOUNT_DAY_MINOR", default=15_000),
        "NEW_ACCOUNT_DAYS": env.int("AEIMS_CARD_NEW_ACCOUNT_DAYS", default=7),
        "PAYMENTS_PER_DAY": env.int("AEIMS_CARD_PAYMENTS_PER_DAY", default=20),
        "DECLINES_PER_PERSON": env.int("AEIMS_CARD_DECLINES_PER_PERSON", default=3),
        "DECLINES_PER_NETWORK": env.int("AEIMS_CARD_DECLINES_PER_NETWORK", default=10),
        # In ten minutes: so many of all payments declined, of so many at least, and only customers who paid before may pay.
        "ALARM_BPS": env.int("AEIMS_CARD_ALARM_BPS", default=3_000),
        "ALARM_LEAST": env.int("AEIMS_CARD_ALARM_LEAST", default=10),
    },
    "LEDGER_HEADS_FILE": env("AEIMS_LEDGER_HEADS_FILE", default=""),  # outside of the database; empty: none
}
