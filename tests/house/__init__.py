"""The whole product in one house: web and adapter as processes of their own, a real Asterisk, phones, real PostgreSQL.

`house` starts, kills, pauses and restarts the processes; `visitor` is a browser, `line` one customer calling one
operator, `books` what the database says of a call, `record` follows Asterisk's event record, `clocks` steps the clock
of a process, `database` gives the house a database of its own.
"""
