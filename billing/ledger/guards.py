"""Triggers that protect the ledger from every writer, beside those of `core.guards`."""

import pgtrigger

NO_DELETE = pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)

# Who an account belongs to is settled for ever, and a platform account's row is touched by no posting.
IDENTITY_STAYS = pgtrigger.Protect(
    name="identity_stays",
    operation=pgtrigger.Update,
    condition=pgtrigger.Condition(
        "OLD.kind NOT IN ('wallet', 'payable')"
        " OR (OLD.id, OLD.kind, OLD.name, OLD.currency) IS DISTINCT FROM (NEW.id, NEW.kind, NEW.name, NEW.currency)"
        " OR (OLD.customer_id, OLD.operator_id) IS DISTINCT FROM (NEW.customer_id, NEW.operator_id)"
    ),
)


# At commit. What the entries come to is checked once for each of them (below).
HAS_ENTRIES = pgtrigger.Trigger(
    name="has_entries",
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    timing=pgtrigger.Deferred,
    func="""
        IF NOT EXISTS (SELECT 1 FROM ledger_entry WHERE transaction_id = NEW.id) THEN
            RAISE EXCEPTION 'transaction % has no entries', NEW.id USING ERRCODE = 'AE422';
        END IF;
        RETURN NULL;
    """,
)

# All entries of a transaction are written by one statement, and at its end the transaction has those and no others, two or
# more, on accounts of its currency, that sum to zero: a posted transaction takes no further entries. Once for each transaction and by key, however large the ledger is.
# This also stands in for foreign keys from entries to accounts and transactions: neither is ever deleted, so seeing the
# row is enough, and no posting locks the account rows that all postings share.
BALANCED = pgtrigger.Trigger(
    name="balanced",
    level=pgtrigger.Statement,
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    referencing=pgtrigger.Referencing(new="written"),  # type: ignore[no-untyped-call]
    declare=[("posted", "bigint"), ("added", "bigint"), ("found", "record")],
    func="""
        FOR posted, added IN SELECT transaction_id, count(*) FROM written GROUP BY transaction_id LOOP
            SELECT t.id, count(e.id) AS entries, coalesce(sum(e.amount_minor), 0) AS total,
                   count((SELECT a.id FROM ledger_account a WHERE a.id = e.account_id AND a.currency = t.currency))
                       AS known
              INTO found
              FROM ledger_transaction t
              LEFT JOIN ledger_entry e ON e.transaction_id = t.id
             WHERE t.id = posted
             GROUP BY t.id;
            IF found.id IS NULL OR found.entries < 2 OR found.known <> found.entries OR found.total <> 0 THEN
                RAISE EXCEPTION 'transaction % does not balance: % entries, % on accounts of its currency, sum %',
                    posted, found.entries, found.known, found.total USING ERRCODE = 'AE422';
            END IF;
            IF found.entries <> added THEN
                RAISE EXCEPTION 'transaction % is posted: it takes no further entries', posted USING ERRCODE = 'AE422';
            END IF;
        END LOOP;
        RETURN NULL;
    """,
)

# A seal goes on where the one before it ended; nobody adds one elsewhere.
FOLLOWS = pgtrigger.Trigger(
    name="follows",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    declare=[("head", "record")],
    func="""
        SELECT number, last_id, digest INTO head FROM ledger_seal ORDER BY number DESC LIMIT 1;
        IF NEW.number <> coalesce(head.number, 0) + 1
           OR head.number IS NOT NULL AND (NEW.first_id <> head.last_id + 1 OR NEW.previous <> head.digest) THEN
            RAISE EXCEPTION 'seal % does not follow seal %', NEW.number, head.number USING ERRCODE = 'AE422';
        END IF;
        RETURN NEW;
    """,
)
