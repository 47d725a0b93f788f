"""What is kept about people, and for how long: one table.

The nightly job (`privacy.tasks`) deletes by it, and the privacy page of each site shows it. A model that no kind names, and
that `NOT_PERSONAL` doesn't either, fails a test. A change of it is a change of the privacy notice.
"""

from datetime import timedelta

from privacy.kinds import YEAR, Audience, Kind

_WHILE_OPEN = "Until you have your data deleted"
_BOOKS = "For good. The books can't be changed"

TABLE = (
    Kind(
        "account", "Your account",
        "Email address, date of birth, ZIP code if you gave it, alias, time zone, limits, breaks, and applications for access. Passwords are kept only in a form that no one can read.",
        _WHILE_OPEN,
        (
            "customers.User", "customers.User_groups", "customers.User_user_permissions", "customers.Customer", "customers.AccessRequest",
            "customers.SpendingLimit", "account.EmailAddress", "account.EmailConfirmation", "mfa.Authenticator", "authtoken.Token",
        ),
        audience=Audience.CUSTOMERS,
    ),
    Kind(
        "closed_accounts", "An account you closed",
        "Everything we delete when you ask us to delete your data. After this time, we delete it without being asked, once nothing is open.",
        "after you closed it", kept_for=2 * YEAR, audience=Audience.CUSTOMERS,
    ),
    Kind(
        "profile", "Your profile",
        "Email address, stage name, texts, photo, greeting, prices, schedule, sites, views of your page, hours you earn in, and how we checked your identity.",
        "As long as you work with us",
        (
            "operators.Operator", "operators.Listing", "operators.ScheduleSlot", "operators.Photo", "operators.PhotoFile",
            "operators.ProfileText", "operators.Greeting", "operators.GreetingFile", "operators.ProfileViews", "operators.OperatorHour",
            "operators.IdentityDocument", "operators.WorkPlan",
        ),
        audience=Audience.OPERATORS,
    ),
    Kind(
        "dates", "Dates with other hours", "Days off, and dates on which you work other hours than usual.",
        "after the date", ("operators.ScheduleException",), kept_for=timedelta(days=30), audience=Audience.OPERATORS,
    ),
    Kind(
        "identity", "Photos of your ID, and an application that didn't lead to work",
        "The photos, encrypted under a key of their own; staff open them with a reason, each time on record. After this time, photos are deleted,"
        " and so is an application that wasn't finished or was declined.",
        "after we accepted the ID, or after the application last changed",
        ("operators.DocumentFile",), kept_for=timedelta(days=90), audience=Audience.OPERATORS,
    ),
    Kind(
        "application", "Your application", "Legal name, date of birth, state, and what we answered.",
        "As long as you work with us", ("operators.Application",), audience=Audience.OPERATORS,
    ),
    Kind(
        "tax_forms", "Your tax form",
        "The W-9 or W-8BEN you signed, encrypted under a key of its own; staff open it with a reason, each time on record. If you never worked"
        " with us, it's deleted with your application.",
        "after you replaced it, or after you had your data deleted", ("operators.SignedTaxForm",), kept_for=4 * YEAR, audience=Audience.OPERATORS,
    ),
    Kind(
        "payout_accounts", "Where we pay you",
        "Your bank account, mailing address for checks, or wallet, encrypted; pages show its last four digits. The files we sent to the bank stay, encrypted, with the books.",
        "after we last paid you there, once you’re paid elsewhere", ("payouts.PayoutAccount", "payouts.PayoutFile"),
        kept_for=2 * YEAR, audience=Audience.OPERATORS,
    ),
    Kind(
        "contract", "The contract you signed", "Which text, the name you typed, when, and a code made from the network address.",
        "For good. It's proof for both of us", ("operators.ContractSignature",), audience=Audience.OPERATORS,
    ),
    Kind(
        "phones", "Your phones",
        "The numbers you verified, and those we don't call because someone pressed 9.",
        "Until you have your data deleted. A code made from them stays, so a STOP, a “don't call,” or a block stays in effect",
        ("customers.CustomerPhone", "operators.OperatorPhone"),
    ),
    Kind(
        "phone_codes", "Phone codes", "When we called a phone to verify it. The code itself isn't kept.",
        "after the call", ("customers.PhoneVerification",), kept_for=timedelta(days=30),
    ),
    Kind(
        "greeting_calls", "Calls to record a greeting",
        "When we called your phone to record your greeting, and what came of it. What you didn't keep by pressing 1 is deleted when the call ends.",
        "after the call", ("telephony.GreetingCall",), kept_for=timedelta(days=30), audience=Audience.OPERATORS,
    ),
    Kind(
        "browsers", "Browsers you log in with",
        "A random number in a cookie, so a block or a break also applies to a new account.",
        "after you last logged in with it", ("customers.Device",), kept_for=timedelta(days=400),
    ),
    Kind(
        "networks", "Networks you log in from",
        "A code made from the network address, so no one pays themselves. The address can't be read from it.",
        "after you last logged in from it", ("customers.LoginNetwork",), kept_for=timedelta(days=30),
    ),
    Kind(
        "logins", "Where you're logged in", "The network address and browser of each device.",
        "Until you log out or the login expires", ("sessions.Session", "usersessions.UserSession"), kept_for=timedelta(0),
    ),
    Kind(
        "consents", "What you agreed to",
        "Our terms, this notice, and our prices: the text, its edition, when, and from which network address and browser.",
        "For good. It's proof for both of us", ("customers.Consent",), audience=Audience.CUSTOMERS,
    ),
    Kind(
        "sms_consents", "STOP and START",
        "What you texted us about receiving texts.",
        "For good, so a STOP is never forgotten", ("messaging.SmsConsent",),
    ),
    Kind(
        "money", "Payments and charges",
        "What was paid, charged, refunded, and earned, and free minutes. For a card, its type and last digits as the card company"
        " tells us; never its number.",
        _BOOKS,
        (
            "ledger.Account", "ledger.Transaction", "ledger.Entry", "billing.Authorization", "billing.Reservation",
            "billing.FreeMinutesPackage", "billing.ApprovalRequest", "billing.EarningsHold", "billing.HeldEarning",
            "ledger.AccountQuarterHour", "operators.OperatorDay", "billing.Payment", "billing.PaymentNotice", "billing.ReportLine", "billing.PayBack",
            "billing.StatementLine", "billing.Difference", "billing.CollusionFinding", "payouts.PayoutItem",
            "payouts.OutsidePayout",
        ),
    ),
    Kind(
        "links", "Whose link you came through",
        "If you opened an operator's own link before you signed up: whose, on which site, and when. Until you sign up, only a cookie in your browser keeps it,"
        " for 30 days at most.",
        _BOOKS, ("operators.Referral", "billing.ReferredSale"), audience=Audience.CUSTOMERS,
    ),
    Kind(
        "offers", "Offers you were given",
        "What you were given and when. Codes made from your phone number, browser, and card stay, without your name, because each offer is given once.",
        _BOOKS, ("billing.OfferClaim", "billing.OfferMarker"), audience=Audience.CUSTOMERS,
    ),
    Kind(
        "payment_networks", "Networks you pay from",
        "A code made from the network address, so no one tries out stolen cards. The address can't be read from it.",
        "after the payment", kept_for=timedelta(days=30), audience=Audience.CUSTOMERS,
    ),
    Kind(
        "calls", "Calls",
        "Who called whom, when, for how long, and what it cost. Never what was said.",
        _BOOKS,
        ("telephony.Call", "telephony.Reservation", "telephony.Correction", "operators.Interaction", "operators.BrandContact"),
    ),
    Kind(
        "waiting", "Who you waited for",
        "Who you asked to be told about or called back by, when, and what came of it.",
        "after it ended", ("telephony.AvailabilityWatch", "telephony.CallbackRequest"), kept_for=timedelta(days=90),
    ),
    Kind(
        "call_events", "Technical record of calls", "When each phone rang, answered, and hung up.",
        "after the call", ("telephony.CallEvent",), kept_for=YEAR,
    ),
    Kind(
        "messages", "Messages",
        "What you and the other person wrote. What a message cost stays in the books.",
        "after it was sent",
        ("messaging.Message", "messaging.Conversation", "messaging.ChatSession", "messaging.ReplyWait"), kept_for=2 * YEAR,
    ),
    Kind(
        "drafts", "Unsent messages", "What you typed and didn't send.",
        "after the last message of the conversation", kept_for=timedelta(days=90),
    ),
    Kind(
        "sms", "Text messages by phone (SMS)",
        "Which texts went to and from your phone.",
        "after it was sent", ("messaging.Sms", "messaging.SmsRoute"), kept_for=YEAR,
    ),
    Kind(
        "funds_requests", "Requests to add funds",
        "What you wrote, and our answer.",
        "after we answered", ("billing.FundsRequest",), kept_for=2 * YEAR, audience=Audience.CUSTOMERS,
    ),
    Kind(
        "reports", "Reports",
        "What was reported about a conversation, and what we decided.",
        "after we decided", ("messaging.Report",), kept_for=2 * YEAR,
    ),
    Kind(
        "cases", "Problems and complaints",
        "What you told us about a call, a text, or a charge, what was on record about it, and our answer.",
        "after we closed it", ("billing.Case",), kept_for=2 * YEAR,
    ),
    Kind(
        "favorites", "Favorites and blocks",
        "Who you want to find again, and who can't reach whom.",
        "Until you have your data deleted. Blocks stay", ("operators.Favourite", "operators.Block"),
    ),
    Kind(
        "notes", "Operators' notes",
        "What an operator wrote down about a customer. Only that operator sees it.",
        "Until the operator or you have it deleted", ("operators.Note",),
    ),
    Kind(
        "ratings", "Ratings and reviews",
        "Stars, the review, and the reply to it.",
        "Until you have your data deleted. The stars stay", ("operators.Rating",),
    ),
    Kind(
        "mail", "Emails and notices we sent you",
        "When, and about what. The text is deleted once an email is sent. Notices in your account stay for you to read.",
        "after it was sent", ("notices.Notice", "notices.PageNotice"), kept_for=timedelta(days=180),
    ),
    Kind(
        "notifications", "Your notification settings",
        "What you want to be told, how, and when; the browsers you turned notifications on in; when you last had one of our pages open.",
        _WHILE_OPEN, ("notices.NoticePreference", "notices.DeliverySettings", "notices.PushSubscription"),
    ),
    Kind(
        "record", "Record of logins and decisions",
        "Logins, changes to your account, and what our staff decided about it.",
        "For good, so no one can hide what they did",
        (
            "core.AuditRecord", "admin.LogEntry", "history.UserChange", "history.RoleChange", "history.RightChange",
            "history.CustomerChange", "history.LimitChange", "history.OperatorChange", "history.ListingChange",
        ),
    ),
    Kind(
        "answers", "Answers to apps",
        "What we answered an app that you use, so a repeated request isn't charged twice.", "after the request",
        ("core.IdempotentAnswer",), kept_for=timedelta(days=30), audience=Audience.CUSTOMERS,
    ),
    Kind(
        "numbers", "Phone numbers that nothing else here needs",
        "A number you typed in and didn't verify, or one you once texted us from. Encrypted, as every number here is.",
        "after you gave it to us", ("phones.PhoneNumber",), kept_for=timedelta(days=30),
    ),
    Kind(
        "exports", "Copies of your data", "The file that we made when you asked for one.", "after you asked", ("privacy.DataExport",),
        kept_for=timedelta(days=7),
    ),
    Kind(
        "requests", "Requests about your data", "That you asked to have your data deleted, and when that was done.",
        "For good, as the proof that it was done", ("privacy.Erasure",),
    ),
    Kind(
        "jobs", "Background work",
        "Tasks like sending you a receipt. A task holds no name, address, or text.",
        "after it was done, and up to 90 days if it failed",
        (
            "procrastinate.ProcrastinateJob", "procrastinate.ProcrastinateEvent", "procrastinate.ProcrastinateWorker",
            "procrastinate.ProcrastinatePeriodicDefer",
        ),
        kept_for=timedelta(days=7),
    ),
)  # fmt: skip
FAILED_JOBS_KEPT_FOR = timedelta(days=90)

# Tables that hold nothing about a person who uses the sites.
NOT_PERSONAL = (
    "auth.Permission", "auth.Group", "auth.Group_permissions", "contenttypes.ContentType", "brands.Brand",
    "brands.BrandHost", "brands.BrandText", "brands.PausedService", "messaging.BrandRules", "messaging.PoolNumber", "ledger.Seal",
    "history.GroupChange", "history.GroupRightChange", "history.BrandChange", "history.HostChange",
    "history.RulesChange", "pghistory.Context", "pghistory.Events", "billing.BrandTax", "billing.TaxJurisdiction",
    "billing.TaxRate", "billing.TaxZip", "billing.Offer", "billing.OfferDay", "billing.MerchantAccount",
    "billing.ProcessorReport", "billing.ProcessorStatement", "billing.DailyClose", "billing.DailyBalance",
    "sandbox.SandboxCharge", "sandbox.SandboxRefund", "sandbox.SandboxEvent", "telephony.SoundFile",
    "telephony.ExchangeAlarm", "customers.LegalEdition", "customers.LegalText", "operators.ContractText",
    "payouts.PayoutRun", "payouts.TaxYear", "payouts.DormancyTerm",
)  # fmt: skip


def kind(key: str) -> Kind:
    """One row of the table. Raises KeyError."""
    return {row.key: row for row in TABLE}[key]


def kinds_for(audience: Audience) -> list[Kind]:
    """The rows that concern these people, in the order of the table."""
    return [row for row in TABLE if row.audience & audience]
