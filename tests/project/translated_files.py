"""Which code has words for customers: these files are translated by gettext, and `test_translation.py` keeps it so."""

# By folder, as modules without `.py`. `storefront` is read as a whole.
TRANSLATED = {
    "aeims": (
        "account_forms", "account_guard", "account_mail", "allauth_adapter", "factor_adapter",
        "second_factor", "transport", "uploads",
    ),
    "billing": (
        "activity", "api", "budget", "call_caps", "cases", "fees", "limit_names", "offer_promises",
        "offer_rules", "payment_rules", "selectors", "spending_limit", "tips",
    ),
    "billing/gateways/ccbill": (
        "gateway",
    ),
    "billing/gateways/sandbox": (
        "gateway",
    ),
    "billing/ledger": (
        "accounts", "posting",
    ),
    "billing/services": (
        "appeal_case", "authorize", "charge_message", "claim_offer", "open_case", "pay_back", "rate_paid",
        "request_funds", "start_payment", "tighten_cap", "tip",
    ),
    "brands": (
        "selectors",
    ),
    "core": (
        "api", "paging", "parsers", "time_words",
    ),
    "customers": (
        "api_tokens", "passwords", "selectors",
    ),
    "customers/services": (
        "access_requests", "limits", "phones", "sign_up",
    ),
    "messaging": (
        "api", "selectors", "serialization",
    ),
    "messaging/gateways/twilio": (
        "webhooks",
    ),
    "messaging/services": (
        "append", "claimed_stop", "deliver_by_sms", "receive_sms", "report", "save_draft", "send",
        "text_by_phone",
    ),
    "notices": (
        "held_letters", "kinds", "letters", "money_letters", "one_tap",
    ),
    "notices/services": (
        "subscriptions", "tell_minutes",
    ),
    "operators": (
        "eligibility", "selectors",
    ),
    "operators/services": (
        "rate", "set_favorite",
    ),
    "phones": (
        "models",
    ),
    "privacy": (
        "obstacles",
    ),
    "privacy/services": (
        "export_data", "request_erasure",
    ),
    "telephony": (
        "api", "cap_words", "end_messages", "operator_checks", "push_reads", "selectors", "snapshots",
    ),
    "telephony/services": (
        "accept_offered_call", "add_funds_in_call", "cap_call", "hang_up", "hide_call", "initiate",
        "request_callback", "reserve_operator", "spoken_codes", "tip_on_call", "verify_phone",
        "watch_operator",
    ),
    "web": (
        "conversations", "data_copy", "erasure", "errors", "forms", "holds", "live_reads", "recent_login",
        "session_views", "time_zones", "timers", "waiting_news",
    ),
    "web/templatetags": (
        "ui",
    ),
}  # fmt: skip

FILES = tuple(f"{folder}/{module}.py" for folder, modules in TRANSLATED.items() for module in modules)

# Files that customers' words are in and gettext is not, and why.
LEFT_OUT = {
    "storefront/gallery.py": "the gallery of components: made-up people, for those who work on the pages",
    "billing/case_rules.py": "pure: no Django (import contract), so whoever shows its refusals would have to translate them",
    "billing/receipt_numbers.py": "pure",
    "core/money.py": "pure",
    "core/phones.py": "pure",
    "messaging/reply_times.py": "pure",
    "web/filters.py": "pure",
    "web/increments.py": "pure",
}

# Strings in those files that no customer reads on a page: they are kept as they were written, or for others.
NOT_TRANSLATED = {
    # reasons and consents: kept on record, in one language
    "An access code was entered.", "9 was pressed during a call", "wrote to us first", "texts by SMS: yes",
    "alerts by SMS: yes", "alerts by SMS: no", "The payment it came with was returned.", "… taken back",
    "The account was closed.", "Balance paid back",
    # what a voice says: its words name recordings
    "connect fee",
    # for staff and the admin
    "the customer reads it", "it is kept on record", "phone number", "number …", "API token", "offer …",
    # descriptions of the API, for programmers
    "Free minutes of the call; 0 if the fee can’t be paid.", "What can be spent: not held for a call in progress.",
    "Usable with this operator.",
    "Of these, what the operator gives a new caller when the first call begins.", "Set aside for a call in progress; what it doesn't use comes back.",
    "0 where free minutes cover it.", "Everything paid once for a call, including the connection fee.",
    "The least that a call can start with.", "Only messages with a smaller number.",
    "Only messages with a greater number.", "Shown if no call is live.",
    # names of keys, of browsers, and what only programmers meet
    "access code", "payment network", "idempotency … …", "as slow as a new account's", "no route", "Samsung Internet",
    "Mac OS X", '<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', "There is no earlier sale.",
    "A number is written by `save`, with its hash.",
    "Numbers are inserted one at a time, each under the lock of its hash.",
}  # fmt: skip
