#!/bin/sh
# Bring a running installation to the release in this directory, while people talk: sh deploy/containers/upgrade.sh [options]
#
# Builds, migrates, then replaces one server after the other, each when the one before says that it is well; it stops at the first that doesn't.
#   --rollback   the release in this directory is the one before: its web serves on the tables as they are, so nothing is migrated
#   --proxy      the proxy as well: for seconds nobody reaches the sites
#   --asterisk   Asterisk as well: it takes no new call, and is replaced when the last one has ended
set -eu
migrate=yes more=
for option in "$@"; do
    case $option in
        --rollback) migrate=no ;;
        --proxy) more="$more proxy" ;;
        --asterisk) more="$more asterisk" ;;
        *)
            echo "upgrade: $option is no option" >&2
            exit 64
            ;;
    esac
done

docker compose build
if [ "$migrate" = yes ]; then docker compose run --rm migrate; fi
for service in web2 sockets2 web sockets worker adapter $more; do
    docker compose up -d --no-deps --no-build --wait "$service" || {
        echo "upgrade: $service is not well; the services after it run as before. docker compose logs $service" >&2
        exit 1
    }
done
