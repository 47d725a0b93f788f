"""The whole product in one system: web and adapter as processes of their own, a real Asterisk, phones, real PostgreSQL.

`system` starts, kills, pauses and restarts the processes; `http_client` is a browser, `caller` one customer calling one
operator, `call_accounts` what the database says of a call, `record` follows Asterisk's event record, `stepped_clock` steps the
clock of a process, `database` gives the system a database of its own.
"""
