"""Words about operators."""

from enum import StrEnum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ApprovalStatus(TextChoices):
    """Whether staff let an operator work."""

    PENDING = "pending", "waiting for approval"
    APPROVED = "approved", "approved"
    SUSPENDED = "suspended", "suspended"
    CLOSED = "closed", "closed by the operator"  # they asked to have their data erased, and may take it back


class Presence(TextChoices):
    """What the operator chose. Being in a call is kept apart, for it is not theirs to choose."""

    ONLINE = "online", "Online"
    AWAY = "away", "Away"
    OFFLINE = "offline", "Offline"


class Availability(TextChoices):
    """What others see: the choice, unless a call is in the way."""

    ONLINE = "online", _("Online")
    BUSY = "busy", _("Busy")
    AWAY = "away", _("Away")
    OFFLINE = "offline", _("Offline")


class BlockedBy(TextChoices):
    """Which side wants no contact."""

    OPERATOR = "operator", "the operator"
    CUSTOMER = "customer", "the customer"


class AwayReason(TextChoices):
    """Why the house set an operator away; empty when they chose it themselves."""

    MISSED = "missed", "two calls in a row were not answered"
    IDLE = "idle", "the time they were going to be online for was over"
    REFUSED = "refused", "their hours or break would have set them online, and they could not work"


class Outcome(StrEnum):
    """What the end of a call means for its operator's presence."""

    JOINED = "joined"
    MISSED = "missed"  # their phone rang and nobody picked it up
    OTHER = "other"  # the network, the customer, or a decline: not held against them


class RatedThing(TextChoices):
    """What a rating is about."""

    CALL = "call", "a call"
    MESSAGE = "message", "texting"


class ReviewState(TextChoices):
    """How far something that an operator wants to show has come: a photo, a text of the profile, a greeting."""

    UPLOADED = "uploaded", "being prepared"  # a greeting, until the worker has made its files
    WAITING = "waiting", "waits for staff"
    SHOWN = "shown", "shown to customers"
    REFUSED = "refused", "refused"


class GreetingFormat(TextChoices):
    """The files of a greeting."""

    UPLOAD = "upload", "as it came in"  # until the others are made of it; served to nobody
    OPUS = "opus", "Opus in Ogg, for browsers"
    AAC = "aac", "AAC in MP4, for browsers without Opus in Ogg"
    PHONE = "phone", "WAV, 8 kHz, for calls"


class ProfileField(TextChoices):
    """What operators write about themselves, by the name of the operator's column."""

    HEADLINE = "headline", "Headline"
    BIO = "bio", "About you"
    LANGUAGES = "languages", "Languages"
    SPECIALTIES = "specialties", "Specialties"
    AUTO_REPLY = "auto_reply", "Automatic reply"


class ApplicationState(TextChoices):
    """How far somebody is who wants to become an operator."""

    DRAFT = "draft", "not sent yet"
    SUBMITTED = "submitted", "waits for staff"
    INCOMPLETE = "incomplete", "we asked for something"
    APPROVED = "approved", "approved"
    DECLINED = "declined", "declined"


class DocumentKind(TextChoices):
    """What proves who somebody is, and their age."""

    LICENSE = "license", "Driver’s license"
    STATE_ID = "state_id", "State ID card"
    PASSPORT = "passport", "Passport"
    RESIDENT = "resident", "Permanent resident card"


class TaxForm(TextChoices):
    """Which form of the IRS they fill in."""

    W9 = "w9", "W-9"  # US citizens and residents
    W8BEN = "w8ben", "W-8BEN"  # everyone else


class TaxClass(TextChoices):
    """What somebody is for the federal income tax, as line 3a of the W-9 asks."""

    INDIVIDUAL = "individual", "Individual or sole proprietor"
    C_CORPORATION = "c_corporation", "C corporation"
    S_CORPORATION = "s_corporation", "S corporation"
    PARTNERSHIP = "partnership", "Partnership"
    TRUST = "trust", "Trust or estate"
    LLC = "llc", "LLC"
    OTHER = "other", "Other"


class LlcClass(TextChoices):
    """How an LLC is taxed, as line 3a of the W-9 asks."""

    C = "C", "C corporation"
    S = "S", "S corporation"
    P = "P", "Partnership"


class NumberKind(TextChoices):
    """Which taxpayer number a W-9 has."""

    SSN = "ssn", "SSN or ITIN"
    EIN = "ein", "EIN"
