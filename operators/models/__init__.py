"""The tables of operators, by theme; imported from here by everybody."""

from operators.models.applications import (
    Application,
    ContractSignature,
    ContractText,
    DocumentFile,
    IdentityDocument,
)
from operators.models.counters import BrandContact, Interaction, OperatorDay, OperatorHour, ProfileViews
from operators.models.greetings import Greeting, GreetingFile
from operators.models.listings import Listing
from operators.models.operator import LONG_TEXTS, Operator
from operators.models.phones import OperatorPhone
from operators.models.photos import Photo, PhotoFile
from operators.models.profile_texts import ProfileText
from operators.models.referrals import Referral
from operators.models.relations import Block, Favourite, Note, Rating
from operators.models.tax_forms import SignedTaxForm
from operators.models.working_time import ScheduleException, ScheduleSlot, WorkPlan

__all__ = [
    "LONG_TEXTS",
    "Application",
    "Block",
    "BrandContact",
    "ContractSignature",
    "ContractText",
    "DocumentFile",
    "Favourite",
    "Greeting",
    "GreetingFile",
    "IdentityDocument",
    "Interaction",
    "Listing",
    "Note",
    "Operator",
    "OperatorDay",
    "OperatorHour",
    "OperatorPhone",
    "Photo",
    "PhotoFile",
    "ProfileText",
    "ProfileViews",
    "Rating",
    "Referral",
    "ScheduleException",
    "ScheduleSlot",
    "SignedTaxForm",
    "WorkPlan",
]
