"""What an operator reads about earnings that are held: why, without a word about who the customer is."""

from billing.ledger.states import TransactionKind
from billing.states import HoldKind

REASONS = {
    HoldKind.SHARED_NETWORK: "They may come from the same internet connection as yours.",
    HoldKind.LARGE_SHARE: "One person paid for a large part of your week.",
    HoldKind.SILENT_LEG: "One side of the call had no sound.",
}
# What was sold, by the kind of its first transaction; everything else is a call.
WORDS = {TransactionKind.MESSAGE: "Text", TransactionKind.TIP: "Tip"}
