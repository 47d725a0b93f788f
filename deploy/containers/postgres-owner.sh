#!/bin/sh
# Run once by PostgreSQL's image, on an empty volume: the role that owns the tables and migrates, and its database. It may make
# roles (the one that serves), and is not the server's administrator.
set -eu
file=${OWNER_PASSWORD_FILE:-/run/secrets/owner_password}
export file
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\set password `cat "$file"`
CREATE ROLE aeims LOGIN CREATEROLE PASSWORD :'password';
CREATE DATABASE aeims OWNER aeims;
GRANT SET ON PARAMETER "pgtrigger.ignore" TO aeims; -- its functions pin it, so that nobody can switch the triggers off
SQL
