#!/bin/sh
# Install AEIMS on this Debian machine, or upgrade it: `sh deploy/debian/install.sh`, as root, from a checkout of the release.
#
#   sh deploy/debian/install.sh              the release of this checkout
#   sh deploy/debian/install.sh --rollback   back to the release before, on the tables of today
#
# It may be run again at any time. It changes nothing of a database but by `migrate`, and no secret that is there. An upgrade
# takes one of two webs after the other; calls go on in Asterisk. docs/operations.md says the rest.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
source=$(CDPATH='' cd -- "$here/../.." && pwd)
base=/opt/aeims settings=/etc/aeims/settings secrets=/etc/aeims/secrets
KEPT=3 # releases
PACKAGES="python3 python3-venv ca-certificates openssl postgresql redis-server asterisk asterisk-modules
    asterisk-core-sounds-en-gsm pgbackrest flite espeak-ng sox gcc libc6-dev"

say() { echo "install: $*"; }
die() { echo "install: $*" >&2; exit 1; }
random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }

require_machine() {
    [ "$(id -u)" = 0 ] || die "run it as root"
    command -v apt-get > /dev/null || die "this is no Debian: see compose.yaml"
    [ -d /run/systemd/system ] || die "systemd isn't running here: see compose.yaml"
}

require_settings() {
    if [ ! -e "$settings" ]; then
        install -d -m 755 /etc/aeims
        install -m 600 "$here/settings.example" "$settings"
    fi
    chmod 600 "$settings"
    missing=""
    for name in AEIMS_PORTAL_HOSTS AEIMS_ADMIN_HOSTS DEFAULT_FROM_EMAIL TRUNK_HOST SIP_EXTERNAL_ADDRESS; do
        grep -q "^$name=." "$settings" || missing="$missing $name"
    done
    [ -s "$secrets/email_url" ] || grep -q '^EMAIL_URL=.' "$settings" || missing="$missing EMAIL_URL"
    [ -z "$missing" ] || die "fill in$missing in $settings, and run this again"
}

install_packages() {
    # Ours has another configuration; Debian's must not take its ports in between.
    [ -e /etc/systemd/system/asterisk.service ] || systemctl mask --quiet asterisk.service 2> /dev/null
    wanted=""
    for package in $PACKAGES; do
        dpkg-query -W -f '${Status}' "$package" 2> /dev/null | grep -q '^install ok installed' || wanted="$wanted $package"
    done
    if [ -n "$wanted" ]; then
        say "packages of Debian:$wanted"
        apt-get update -q > /dev/null
        # shellcheck disable=SC2086
        DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $wanted > /dev/null ||
            die "apt-get could not install them; stable releases of Debian have no Asterisk, sid does (deploy/asterisk/asterisk.pin)"
    fi
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || die "Python 3.11 or later is needed"
    case $(asterisk -V) in "Asterisk 22."*) ;; *) die "Asterisk 22 is needed, this is $(asterisk -V)" ;; esac
}

make_users() {
    for user in aeims aeims-adapter aeims-proxy; do
        id "$user" > /dev/null 2>&1 || useradd --system --user-group --home-dir /nonexistent --shell /usr/sbin/nologin "$user"
    done
    usermod -a -G asterisk aeims-adapter # reads the record of calls
    usermod -a -G aeims aeims-proxy      # reaches the servers' sockets
}

put() { # name, value: a secret that is not there yet
    [ -e "$secrets/$1" ] || { printf '%s\n' "$2" > "$secrets/$1"; chmod 400 "$secrets/$1"; }
}

make_secrets() {
    install -d -m 700 "$secrets"
    put owner_password "$(random)"
    put redis_password "$(random)"
    put database_url "postgresql://aeims_serving:$(random)@127.0.0.1:5432/aeims"
    put database_owner_url "postgresql://aeims:$(cat "$secrets/owner_password")@127.0.0.1:5432/aeims"
    put redis_url "redis://:$(cat "$secrets/redis_password")@127.0.0.1:6379/0"
    AEIMS_SECRETS_DIR=$secrets sh "$source/deploy/containers/make_secrets.sh" "$settings"
    # They are in files now.
    sed -i -e '/^EMAIL_URL=./d' -e '/^TRUNK2\{0,1\}_PASSWORD=./d' "$settings"
}

prepare_database() {
    systemctl enable --quiet --now postgresql
    runuser -u postgres -- psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --dbname postgres \
        --set password="$(cat "$secrets/owner_password")" << 'SQL'
SELECT format('CREATE ROLE aeims LOGIN CREATEROLE PASSWORD %L', :'password')
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'aeims') \gexec
SELECT 'CREATE DATABASE aeims OWNER aeims' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'aeims') \gexec
GRANT SET ON PARAMETER "pgtrigger.ignore" TO aeims;
-- Its log tells its own life, and no value of a statement: numbers and addresses of people would stand in it.
ALTER SYSTEM SET log_min_messages = 'log';
ALTER SYSTEM SET log_min_error_statement = 'panic';
ALTER SYSTEM SET log_error_verbosity = 'terse';
ALTER SYSTEM SET log_parameter_max_length = 0;
ALTER SYSTEM SET log_parameter_max_length_on_error = 0;
SELECT pg_reload_conf() \g /dev/null
SQL
}

prepare_backup() { # an archive of every change, in a repository under /var/lib/pgbackrest
    as_postgres() { runuser -u postgres -- psql --no-psqlrc --quiet -At --set ON_ERROR_STOP=1 --dbname postgres -c "$1"; }
    configuration=/etc/pgbackrest/pgbackrest.conf
    if ! grep -qs '^\[aeims\]' "$configuration"; then
        install -d -m 755 /etc/pgbackrest
        sed -e "s|^pg1-path=.*|pg1-path=$(as_postgres 'SHOW data_directory')|" -e 's|^pg1-socket-path=.*|pg1-socket-path=/run/postgresql|' \
            -e "s|^repo1-path=.*|&\nrepo1-cipher-pass=$(cat "$secrets/backup_key")|" "$source/deploy/backup/pgbackrest.conf" > "$configuration.new"
        chown root:postgres "$configuration.new" && chmod 640 "$configuration.new"
        mv "$configuration.new" "$configuration"
    fi
    install -d -o postgres -g postgres -m 750 /var/lib/pgbackrest /var/lib/aeims-drill
    install -d -o aeims-adapter -g aeims -m 2750 /var/lib/aeims-copies
    if [ "$(as_postgres 'SHOW archive_mode')" = off ]; then
        as_postgres "ALTER SYSTEM SET archive_mode = on"
        as_postgres "ALTER SYSTEM SET archive_timeout = 30"
        as_postgres "ALTER SYSTEM SET archive_command = 'pgbackrest --stanza=aeims archive-push %p'"
        systemctl restart postgresql
    fi
}

prepare_redis() {
    printf 'save ""\nrequirepass %s\n' "$(cat "$secrets/redis_password")" > /etc/redis/aeims.conf.new
    chown redis:redis /etc/redis/aeims.conf.new && chmod 400 /etc/redis/aeims.conf.new
    grep -q '^include /etc/redis/aeims.conf$' /etc/redis/redis.conf || echo 'include /etc/redis/aeims.conf' >> /etc/redis/redis.conf
    if cmp -s /etc/redis/aeims.conf.new /etc/redis/aeims.conf; then
        rm /etc/redis/aeims.conf.new
        systemctl enable --quiet --now redis-server
    else
        mv /etc/redis/aeims.conf.new /etc/redis/aeims.conf
        systemctl enable --quiet redis-server
        systemctl restart redis-server
    fi
}

build_release() { # into $release, whose name is made of what is in it: the same one is built once
    files="$(sed -n 's/^!//p' "$source/.dockerignore") deploy/debian" # what the image has, and this
    # shellcheck disable=SC2086
    release=$base/releases/$(cd "$source" && find $files -type f ! -name '*.pyc' -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -c1-16)
    if [ -e "$release/.complete" ]; then return; fi
    say "building $release"
    rm -rf "$release"
    install -d -m 755 "$release"
    # shellcheck disable=SC2086
    tar -C "$source" --exclude=__pycache__ --exclude='telephony/adapter/simulat*' -cf - $files | tar -C "$release" --no-same-owner -xf -
    python3 -m venv "$release/.venv"
    "$release/.venv/bin/pip" install --quiet --disable-pip-version-check --no-cache-dir --no-deps --require-hashes \
        -r "$release/deploy/requirements.lock"
    (cd "$release" && SECRET_KEY=unused-while-building AEIMS_ENV=production .venv/bin/python manage.py collectstatic --no-input > /dev/null)
    for name in steady_clock final_answers; do
        gcc -shared -fPIC -O2 -o "$release/deploy/asterisk/$name.so" "$release/deploy/asterisk/$name.c"
    done
    "$release/.venv/bin/python" -m compileall -q "$release" || true
    chmod -R go=rX "$release"
    touch "$release/.complete"
}

make_prompts() {
    sounds=/usr/share/asterisk/sounds/en
    stamp=$sounds/aeims/.made-of
    made_of=$(cat "$release/telephony/sounds.py" "$release/telephony/speech.py" "$release/deploy/asterisk/make_prompts.py" | sha256sum)
    if [ "$(cat "$stamp" 2> /dev/null)" != "$made_of" ]; then
        say "speaking the prompts"
        python3 "$release/deploy/asterisk/make_prompts.py" "$sounds" > /dev/null
        echo "$made_of" > "$stamp"
    fi
    install -d -o aeims-adapter -g asterisk -m 750 /var/lib/aeims-sounds
    [ -e "$sounds/aeims/content" ] || ln -s /var/lib/aeims-sounds "$sounds/aeims/content"
}

install_units() {
    for unit in "$1"/deploy/debian/units/aeims-*; do
        if [ -d "$unit" ]; then
            install -d "/etc/systemd/system/${unit##*/}"
            install -m 644 "$unit"/*.conf "/etc/systemd/system/${unit##*/}/"
        else
            install -m 644 "$unit" /etc/systemd/system/
        fi
    done
    for unit in aeims-web@ aeims-sockets@ aeims-worker aeims-backup; do
        install -d "/etc/systemd/system/$unit.service.d"
        install -m 644 "$1/deploy/debian/units/serving.conf" "/etc/systemd/system/$unit.service.d/40-serving.conf"
    done
    install -m 644 "$1/deploy/debian/units/aeims.tmpfiles" /etc/tmpfiles.d/aeims.conf
    install -m 755 "$1/deploy/debian/aeims-manage" /usr/local/sbin/aeims-manage
    systemd-tmpfiles --create aeims.conf
    systemctl daemon-reload
}

switch_to() { # a release: services that drain first, one of each pair after the other
    before=$(readlink "$base/current" || true)
    ln -sfn "$1" "$base/current.new"
    mv -T "$base/current.new" "$base/current"
    services="aeims-sockets@1 aeims-web@1 aeims-sockets@2 aeims-web@2 aeims-worker aeims-adapter aeims-backup"
    for service in $services; do
        say "starting $service"
        systemctl enable --quiet "$service"
        systemctl restart "$service" || die "$service doesn't start: journalctl -u $service; the release before is $before"
    done
    for service in aeims-proxy aeims-asterisk aeims-records.timer; do systemctl enable --quiet --now "$service"; done
    if [ -n "$before" ] && [ "$before" != "$1" ]; then
        same "$before" "$1" deploy/Caddyfile && same "$before" "$1" .venv/bin/caddy || systemctl restart aeims-proxy
        same "$before" "$1" deploy/asterisk ||
            say "Asterisk's part is new: 'systemctl restart aeims-asterisk' takes it, and waits up to an hour for the last call to end"
        echo "$before" > "$base/before"
    fi
    for _ in $(seq 30); do listens && return; sleep 1; done
    die "the proxy doesn't listen: journalctl -u aeims-proxy"
}

listens() { python3 -c 'import socket; socket.create_connection(("127.0.0.1", 443), 1)' 2> /dev/null; }

same() { diff -rq --exclude='*.pyc' --exclude=__pycache__ --exclude='*.so' "$1/$3" "$2/$3" > /dev/null 2>&1; }

remove_old() {
    find "$base/releases" -mindepth 1 -maxdepth 1 -type d -printf '%T@ %p\n' | sort -rn | cut -d ' ' -f 2 | tail -n +$((KEPT + 1)) | while read -r old; do
        [ "$old" = "$(readlink "$base/current")" ] || [ "$old" = "$(cat "$base/before" 2> /dev/null)" ] || rm -rf "$old"
    done
}

require_machine
if [ "${1:-}" = --rollback ]; then
    before=$(cat "$base/before" 2> /dev/null) || die "there is no release before this one"
    install_units "$before"
    switch_to "$before"
    say "this is $before again"
    exit 0
fi
require_settings
install_packages
make_users
make_secrets
prepare_database
prepare_backup
prepare_redis
build_release
make_prompts
install_units "$release"
say "migrating"
AEIMS_RELEASE=$release aeims-manage --as-owner migrate --no-input > /dev/null
AEIMS_RELEASE=$release aeims-manage check --database default > /dev/null
switch_to "$release"
remove_old
say "$release runs. Next: aeims-manage setup, then aeims-manage doctor"
