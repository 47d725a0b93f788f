"""What MagnusBilling asks of its database when a call ends, on PostgreSQL: an emulation of its statements, without its PHP and MySQL.

Each statement is a transaction of its own, as there; the connection is kept. It has no ledger, no hold, and refuses no repeat.
Read from `resources/asterisk/CalcAgi.php` of version 7: credit of the user, counters of trunk and provider, a record of the call.
"""

import psycopg

from tools.bench.load import Work

USERS, TRUNKS = 2000, 10  # as many as there are rows below
TABLES = """
CREATE SCHEMA magnus;
CREATE TABLE magnus.pkg_user (id int PRIMARY KEY, username text, credit numeric(15, 5) NOT NULL, id_plan int NOT NULL);
CREATE TABLE magnus.pkg_trunk (id int PRIMARY KEY, call_answered int NOT NULL, secondusedreal bigint NOT NULL);
CREATE TABLE magnus.pkg_provider (id int PRIMARY KEY, credit numeric(15, 5) NOT NULL);
CREATE TABLE magnus.pkg_rate (id int PRIMARY KEY, id_plan int NOT NULL, rateinitial numeric(15, 5) NOT NULL);
CREATE TABLE magnus.pkg_cdr (id bigserial PRIMARY KEY, id_user int, id_plan int, id_trunk int, uniqueid text, calledstation text,
    starttime timestamptz, sessiontime int, real_sessiontime int, sessionbill numeric(15, 5), buycost numeric(15, 5), terminatecauseid int);
CREATE INDEX ON magnus.pkg_cdr (id_user);
CREATE INDEX ON magnus.pkg_cdr (starttime);
INSERT INTO magnus.pkg_user SELECT n, 'user ' || n, 500, 1 FROM generate_series(0, 1999) n;
INSERT INTO magnus.pkg_trunk SELECT n, 0, 0 FROM generate_series(0, 9) n;
INSERT INTO magnus.pkg_provider SELECT n, 0 FROM generate_series(0, 9) n;
INSERT INTO magnus.pkg_rate VALUES (1, 1, 3.99);
"""
SECONDS, COST, BOUGHT = 323, "23.94", "1.20"


def make_tables(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(TABLES)


def settle(url: str) -> Work:
    kept: list[psycopg.Connection] = []  # by each client's process its own

    def work(number: int) -> None:
        if not kept:
            kept.append(psycopg.connect(url, autocommit=True))
        ask, user, trunk = kept[0].execute, number % USERS, number % TRUNKS
        ask("SELECT id, credit, id_plan FROM magnus.pkg_user WHERE id = %s", [user])
        ask("SELECT id, rateinitial FROM magnus.pkg_rate WHERE id_plan = %s", [1])
        ask("UPDATE magnus.pkg_user SET credit = credit - %s WHERE id = %s", [COST, user])
        ask(
            "UPDATE magnus.pkg_trunk SET call_answered = call_answered + 1, secondusedreal = secondusedreal + %s"
            " WHERE id = %s",
            [SECONDS, trunk],
        )
        ask("UPDATE magnus.pkg_provider SET credit = credit + %s WHERE id = %s", [BOUGHT, trunk])
        ask(
            "INSERT INTO magnus.pkg_cdr (id_user, id_plan, id_trunk, uniqueid, calledstation, starttime, sessiontime,"
            " real_sessiontime, sessionbill, buycost, terminatecauseid) VALUES (%s, 1, %s, %s, 'bench', now(), %s, %s, %s, %s, 1)",
            [user, trunk, str(number), SECONDS, SECONDS, COST, BOUGHT],
        )

    return work
