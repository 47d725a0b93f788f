"""Names that programs, phone systems, style sheets and installations outside this repository rely on.

To add one is free. To rename or remove one breaks somebody else's work: it needs a new version of the interface, not an
edit of this list. Taken from docs/design.md (sections 5, 6 and 8) and from the product's first specification.
"""

CALL = {
    "call_id", "status", "end_reason", "ended_by", "message", "duration_seconds", "operator_id", "operator",
    "rate_per_minute", "connect_fee", "estimated_charges", "granted_seconds", "final", "free_minutes_used",
    "paid_minutes", "total_amount", "charged", "initiated_at", "joined_at", "ended_at", "refunded_amount",
    "net_charged", "receipt_number",
}  # fmt: skip
OPERATOR = {
    "id", "name", "slug", "headline", "languages", "specialties", "presence", "rate_per_minute", "connect_fee",
    "rate_per_message", "rating",
}  # fmt: skip
MESSAGE = {
    "message_id", "sender_type", "message_text", "created_at", "sent_at", "message_type", "number", "delivery", "refunded",
    "refund_reason", "note",
}  # fmt: skip

# Address → fields of its answer.
ANSWERS = {
    "POST /api/calls/initiate/": {
        "success", "call_id", "operator", "operator_id", "rate_per_minute", "connect_fee", "free_minutes_used",
        "free_minutes", "estimated_duration_minutes", "status", "customer_number", "calling_from",
    },
    "GET /api/calls/status/": {"success", *CALL},
    "GET /api/calls/active/": {"success", "call", "wallet"},
    "POST /api/calls/hangup/": {"success", *CALL},
    "GET /api/calls/": {"success", "calls", "next"},
    "GET /api/operators/": {"success", "operators", "next"},
    "GET /api/operators/{id}/": {"success", *OPERATOR},
    "GET /api/balance/check/": {
        "success", "balance", "currency", "free_minutes", "free_minutes_reserved", "operator_rate", "connect_fee",
        "estimated_duration", "can_call", "required_balance",
    },
    "POST /api/messages/send/": {
        "success", "message_id", "charged", "balance_remaining", "conversation_id", "message",
    },
    "GET /api/messages/conversation/": {"success", "messages", "before", "conversation"},
}  # fmt: skip
ESTIMATED_DURATION = {"with_free_minutes", "with_paid_balance", "total_minutes"}
NOT_ENOUGH_FUNDS = {"success", "error", "code", "balance", "required", "needs_funds"}
PREDECESSORS = {
    "/api/calls/initiate.php", "/api/calls/status.php", "/api/messages/send.php", "/api/messages/conversation.php",
    "/api/balance/check.php",
}  # fmt: skip

# Site → addresses; every one may be on somebody's paper, in a mail or in another program.
ADDRESSES = {
    "storefront": {
        "/", "/enter/", "/operators/", "/operators/sarah/", "/operators/sarah/call/", "/dashboard/", "/calls/",
        "/calls/call_1_abcdef/", "/calls/call_1_abcdef/hangup/", "/ratings/", "/messages/", "/messages/sarah/", "/alerts/",
        "/help/", "/funds/", "/account/", "/account/limits/", "/account/close/", "/account/phones/",
        "/manifest.webmanifest", "/accounts/login/", "/accounts/signup/", "/accounts/logout/", "/livez", "/readyz",
        "/api/schema/", "/api/docs/", "/api/telephony/events/", "/api/sms/inbound/", "/api/sms/status/msg_1/",
    },
    "portal": {
        "/", "/presence/", "/ready/", "/messages/", "/messages/1/", "/dashboard/", "/statement/",
        "/statement.csv", "/customers/", "/customers/1/", "/ratings/", "/more/", "/settings/", "/settings/prices/",
        "/settings/profile/", "/settings/photo/", "/settings/greeting/", "/settings/phone/", "/settings/phone/verify_1/", "/settings/channels/", "/settings/schedule/", "/settings/hours/",
        "/settings/phones/", "/settings/notifications/", "/settings/privacy/",
    },
    "backoffice": {
        "/", "/backoffice/live-calls/", "/backoffice/transactions/", "/backoffice/transactions.csv",
        "/backoffice/transactions/1/", "/backoffice/funds/", "/backoffice/photos/", "/backoffice/greetings/", "/backoffice/customers/1/",
        "/backoffice/corrections/",
        "/backoffice/operators/1/", "/backoffice/trial-balance/", "/backoffice/journal.csv",
    },
    "internal": {
        "/events/call", "/api/telephony/events/", "/api/telephony/event-batches/", "/livez", "/readyz", "/health", "/metrics", "/metrics/worker",
    },
}  # fmt: skip

EVENT = {
    "event_id", "sequence", "call_id", "direction", "ts", "state", "account_id", "operator_id", "session_id", "metadata",
}  # fmt: skip
EVENT_STATES = {"ringing", "answered", "started", "progress", "ended", "busy", "no_answer", "failed"}
GRANT_ANSWER = {"ok", "tracking", "granted_seconds", "final"}
ENDED_ANSWER = {
    "ok", "tracking", "duration_seconds", "total_minutes", "free_minutes_used", "paid_minutes", "total_amount",
    "operator_amount", "platform_amount", "connect_fee", "charged",
}  # fmt: skip
TIMESTAMP_HEADER, SIGNATURE_HEADER, SIGNATURE_VERSION = "X-AEIMS-Timestamp", "X-AEIMS-Signature", "v1"
ADAPTER = {
    ("GET", "/livez"), ("GET", "/health"), ("GET", "/metrics"), ("GET", "/calls"), ("POST", "/call/originate"), ("POST", "/verification"),
    ("GET", "/call/{call_id}"), ("POST", "/call/{call_id}/hangup"), ("POST", "/call/{call_id}/extend"),
    ("POST", "/call/{call_id}/accept"), ("GET", "/verification/{verification_id}"),
}  # fmt: skip

SETTINGS = {
    "ADAPTER_CALLS_PER_SECOND", "ADAPTER_JOURNAL", "ADAPTER_JOURNAL_KEYS", "ADAPTER_LISTEN", "ADAPTER_MAX_CALLS", "ADAPTER_NODE", "AEIMS_ADMIN_HOSTS", "AEIMS_API_KEY", "AEIMS_ASK_AHEAD_SECONDS",
    "AEIMS_CHAT_SESSION_GAP_SECONDS", "AEIMS_CURRENCY", "AEIMS_DATA_KEYS", "AEIMS_HASH_KEYS", "AEIMS_CUSTOMER_HOLD_SECONDS", "AEIMS_CUSTOMER_RING_SECONDS", "AEIMS_DATA_DIR", "AEIMS_DEMO",
    "AEIMS_ENV", "AEIMS_FIRST_INCREMENT_SECONDS", "AEIMS_FREE_MINUTES_ORDER", "AEIMS_GRACE_SECONDS",
    "AEIMS_GRANT_STEP_SECONDS", "AEIMS_INTERNAL_HOSTS", "AEIMS_MAX_BALANCE_MINOR", "AEIMS_MAX_CALL_SECONDS",
    "AEIMS_MAX_UNJOINED_ATTEMPTS", "AEIMS_MESSAGES_PER_MINUTE", "AEIMS_MESSAGE_ALERT_DELAY_SECONDS", "AEIMS_MESSAGE_NOTICE_DELAY_SECONDS",
    "AEIMS_MESSAGE_MAX_LENGTH", "AEIMS_MESSAGE_MAX_SEGMENTS", "AEIMS_NEXT_INCREMENT_SECONDS",
    "AEIMS_LEDGER_HEADS_FILE", "AEIMS_OPERATOR_HOLD_SECONDS", "AEIMS_OPERATOR_RING_SECONDS", "AEIMS_PHONE_CODES_PER_CUSTOMER", "AEIMS_PHONE_CODES_PER_HOUR",
    "AEIMS_PHONE_CODES_PER_NUMBER", "AEIMS_PHONE_CODE_PAUSE_SECONDS", "AEIMS_PORTAL_HOSTS", "AEIMS_PROMO_MAX_RATE_MINOR",
    "AEIMS_PROMO_PAY_BPS",
    "AEIMS_SMS_ANSWERS_UNKNOWN_NUMBERS", "AEIMS_STAFF_DAILY_FREE_MINUTES", "AEIMS_STAFF_DAILY_MINOR",
    "AEIMS_STAFF_IDLE_SECONDS", "AEIMS_STAFF_RECENT_LOGIN_SECONDS", "AEIMS_STAFF_SECOND_FACTOR", "AEIMS_THROTTLES", "AEIMS_WEBHOOK_URL", "ASTERISK_ADAPTER_URL",
    "ASTERISK_ARI_APP", "ASTERISK_ARI_PASSWORD", "ASTERISK_ARI_URL", "ASTERISK_ARI_USER", "ASTERISK_CEL_FILE",
    "ASTERISK_DIAL_TEMPLATE", "CSRF_TRUSTED_ORIGINS", "DATABASE_POOL_SIZE", "DATABASE_URL", "DEBUG", "DEFAULT_FROM_EMAIL",
    "EMAIL_URL", "LOG_LEVEL", "PORT", "POSTGRES_PASSWORD", "REDIS_PASSWORD", "REDIS_URL", "RTP_TIMEOUT", "SECRET_KEY",
    "SIMULATED_PHONES_HEARD", "SIP_EXTERNAL_ADDRESS", "SIP_LOCAL_NET", "TELEPHONY_ALLOWED_PREFIXES",
    "TELEPHONY_LAB_PREFIXES", "TRUNK_HOST", "TRUNK_MATCH", "TRUNK_PASSWORD", "TRUNK_USERNAME", "TWILIO_ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN", "TWILIO_PHONE_NUMBER", "TWILIO_WEBHOOK_URL",
}  # fmt: skip

# Jobs may wait in the queue of an installation while it is brought up to date.
JOBS = {
    "messaging.send_sms", "messaging.refund_unanswered", "messaging.give_up_on_silence", "operators.sweep_presence",
    "telephony.mail_receipt",
}  # fmt: skip

# Page of the storefront → classes by which style sheets and scripts of others find its parts.
HOOKS = {
    "/operators/sarah/": {
        "operator-status", "status-indicator", "balance-info", "balance", "free-minutes", "talk-time", "call-pricing",
        "call-actions", "add-funds-btn", "call-btn", "active-call", "call-timer", "call-cost", "hangup-btn",
    },
    "/operators/": {"quick-call-btn"},
}  # fmt: skip
