"""The tables of billing, by theme; imported from here by everybody."""

from billing.models.approvals import ApprovalRequest
from billing.models.cases import Case
from billing.models.closes import DailyBalance, DailyClose
from billing.models.collusion import CollusionFinding
from billing.models.credit_control import (
    OUTCOME_COLUMNS,
    Authorization,
    AuthorizationQuerySet,
    FreeMinutesPackage,
    Reservation,
    reserved_parts,
)
from billing.models.earnings_holds import EarningsHold, HeldEarning
from billing.models.funds_requests import FundsRequest
from billing.models.offers import Offer, OfferClaim, OfferDay, OfferMarker
from billing.models.payments import (
    OPEN_STATES,
    UNSETTLED_STATES,
    MerchantAccount,
    PayBack,
    Payment,
    PaymentNotice,
)
from billing.models.referred_sales import ReferredSale
from billing.models.reports import ProcessorReport, ReportLine
from billing.models.statements import Difference, ProcessorStatement, StatementLine
from billing.models.taxes import BrandTax, TaxJurisdiction, TaxRate, TaxZip

__all__ = [
    "OPEN_STATES",
    "OUTCOME_COLUMNS",
    "UNSETTLED_STATES",
    "ApprovalRequest",
    "Authorization",
    "AuthorizationQuerySet",
    "BrandTax",
    "Case",
    "CollusionFinding",
    "DailyBalance",
    "DailyClose",
    "Difference",
    "EarningsHold",
    "FreeMinutesPackage",
    "FundsRequest",
    "HeldEarning",
    "MerchantAccount",
    "Offer",
    "OfferClaim",
    "OfferDay",
    "OfferMarker",
    "PayBack",
    "Payment",
    "PaymentNotice",
    "ProcessorReport",
    "ProcessorStatement",
    "ReferredSale",
    "ReportLine",
    "Reservation",
    "StatementLine",
    "TaxJurisdiction",
    "TaxRate",
    "TaxZip",
    "reserved_parts",
]
