#!/bin/sh
# Render conf/*.conf from the environment and become Asterisk. README.md lists the variables.
#
# In a template @NAME@ is the variable's value; a line that begins with @NAME?@ stays only if it is not empty.
# A variable that is missing or could not stand in such a file stops the start.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

# Billable time is read off Asterisk's own event times: they are in UTC whatever the host's zone.
export TZ=UTC

# And nobody steps its clock while people talk; empty: the host's date as it comes.
: "${ASTERISK_STEADY_CLOCK=$here/steady_clock.so}"
if [ -n "$ASTERISK_STEADY_CLOCK" ] && [ ! -f "$ASTERISK_STEADY_CLOCK" ]; then
    echo "entrypoint: $ASTERISK_STEADY_CLOCK is missing; steady_clock.c says how it is made" >&2
    exit 66
fi

: "${ASTERISK_ARI_USER:=aeims}" "${ASTERISK_HTTP_BIND:=127.0.0.1}" "${ASTERISK_HTTP_PORT:=8088}"
: "${ASTERISK_TLS_CERTIFICATE:=}" "${ASTERISK_TLS_KEY:=}" "${ASTERISK_HTTPS_BIND:=0.0.0.0}" "${ASTERISK_HTTPS_PORT:=8089}"
: "${ASTERISK_RUN_DIR:=/run/aeims-asterisk}" "${ASTERISK_STATE_DIR:=/var/lib/aeims-asterisk}"
: "${ASTERISK_LOG_DIR:=/var/log/aeims-asterisk}" "${ASTERISK_DATA_DIR:=/usr/share/asterisk}"
: "${SIP_BIND:=0.0.0.0}" "${SIP_PORT:=5060}" "${SIP_EXTERNAL_ADDRESS:=}" "${SIP_LOCAL_NET:=}" "${MEDIA_ADDRESS:=}"
: "${TRUNK_PORT:=5060}" "${TRUNK_USERNAME:=}" "${TRUNK_PASSWORD:=}" "${TRUNK_QUALIFY_SECONDS:=60}"
: "${TRUNK_MATCH:=${TRUNK_HOST:-}}"
: "${ASTERISK_STOP_SECONDS:=0}" "${NETWORK_ADDRESSES:=/proc/net/fib_trie}" "${BETWEEN_LOOKS:=0.5}"
: "${RTP_START:=10000}" "${RTP_END:=14999}" "${RTP_TIMEOUT:=30}" "${RTP_TIMEOUT_HOLD:=300}"
for name in ASTERISK_ARI_PASSWORD TRUNK_PASSWORD; do  # a file goes before the value
    eval "file=\${${name}_FILE:-}"
    if [ -n "$file" ]; then eval "$name=\$(cat \"\$file\")"; fi
done
NOBODYS_PASSWORD=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')  # of the endpoint by which nobody comes in
for required in ASTERISK_ARI_PASSWORD TRUNK_HOST; do
    eval "[ -n \"\${$required:-}\" ]" || { echo "entrypoint: $required must be set" >&2; exit 64; }
done
if [ -z "${ASTERISK_MODULE_DIR:-}" ]; then
    for dir in /usr/lib/*/asterisk/modules /usr/lib64/asterisk/modules /usr/lib/asterisk/modules; do
        [ -e "$dir/res_ari.so" ] && ASTERISK_MODULE_DIR=$dir
    done
fi
export ASTERISK_ARI_USER ASTERISK_ARI_PASSWORD ASTERISK_HTTP_BIND ASTERISK_HTTP_PORT ASTERISK_RUN_DIR \
    ASTERISK_TLS_CERTIFICATE ASTERISK_TLS_KEY ASTERISK_HTTPS_BIND ASTERISK_HTTPS_PORT \
    ASTERISK_STATE_DIR ASTERISK_LOG_DIR ASTERISK_DATA_DIR ASTERISK_MODULE_DIR SIP_BIND SIP_PORT \
    SIP_EXTERNAL_ADDRESS SIP_LOCAL_NET MEDIA_ADDRESS TRUNK_HOST TRUNK_PORT TRUNK_MATCH TRUNK_USERNAME \
    TRUNK_PASSWORD NOBODYS_PASSWORD TRUNK_QUALIFY_SECONDS RTP_START RTP_END RTP_TIMEOUT RTP_TIMEOUT_HOLD

# The record of calls must not be lost in silence, as after an upgrade from an image with another user.
for directory in "$ASTERISK_STATE_DIR" "$ASTERISK_LOG_DIR" "$ASTERISK_LOG_DIR/cel-custom"; do
    if [ -e "$directory" ] && [ ! -w "$directory" ]; then
        echo "entrypoint: $directory can't be written by user $(id -u); give it to them (chown -R)" >&2
        exit 73
    fi
done
# The network that only the adapter shares may come up just after us.
case $ASTERISK_HTTPS_BIND in
    0.0.0.0 | 127.*) ;;
    *)
        tries=0
        until grep -qs "|-- $ASTERISK_HTTPS_BIND\$" "$NETWORK_ADDRESSES"; do
            tries=$((tries + 1))
            [ "$tries" -le 120 ] || { echo "entrypoint: this machine has no address $ASTERISK_HTTPS_BIND" >&2; exit 69; }
            sleep "$BETWEEN_LOOKS"
        done
        ;;
esac

etc=$ASTERISK_RUN_DIR/etc
mkdir -p "$etc" "$ASTERISK_STATE_DIR/spool" "$ASTERISK_STATE_DIR/cache" \
    "$ASTERISK_LOG_DIR/cel-custom"

# Rendered files hold the passwords.
umask 077
chmod 700 "$etc"
# Asterisk complains of these when they are missing; all of them are at their defaults.
for name in acl ccss cli cli_permissions codecs dsp extconfig features manager pjproject sorcery stasis udptl websocket_client; do
    : > "$etc/$name.conf"
done
for template in "$here"/conf/*.conf; do
    awk '
        function value(name) {
            if (!(name in ENVIRON)) fail(name " is not set")
            if (ENVIRON[name] ~ /[;[:cntrl:]]/) fail(name " holds a semicolon or a control character")
            return ENVIRON[name]
        }
        function fail(why) { print "entrypoint: " FILENAME ": " why > "/dev/stderr"; exit 65 }
        {
            line = $0
            if (match(line, /^@[A-Z_]+\?@/)) {
                if (value(substr(line, 2, RLENGTH - 3)) == "") next
                line = substr(line, RLENGTH + 1)
            }
            done = ""
            while (match(line, /@[A-Z_]+@/)) {
                done = done substr(line, 1, RSTART - 1) value(substr(line, RSTART + 1, RLENGTH - 2))
                line = substr(line, RSTART + RLENGTH)
            }
            print done line
        }
    ' "$template" > "$etc/${template##*/}"
done
umask 022

# Without it Asterisk runs as well, but a text within a call gets no answer.
if [ -f "$here/final_answers.so" ]; then
    export LD_PRELOAD="$here/final_answers.so${LD_PRELOAD:+:$LD_PRELOAD}"
else
    echo "entrypoint: $here/final_answers.so is missing; final_answers.c says how it is made" >&2
fi
if [ -n "$ASTERISK_STEADY_CLOCK" ]; then
    export LD_PRELOAD="$ASTERISK_STEADY_CLOCK${LD_PRELOAD:+:$LD_PRELOAD}"
fi
if [ "$ASTERISK_STOP_SECONDS" = 0 ]; then exec asterisk -f -C "$etc/asterisk.conf"; fi

# SIGTERM would end every call. So it stands for: no new call, and an end with the last one; when the time is up, at once.
console() { env -u LD_PRELOAD asterisk -C "$etc/asterisk.conf" -rx "$1" > /dev/null; }
drain() {
    console "core stop gracefully"
    (sleep "$ASTERISK_STOP_SECONDS" && console "core stop now") &
    timer=$!
}
timer=
asterisk -f -C "$etc/asterisk.conf" &
asterisk=$!
trap drain TERM INT
while
    wait "$asterisk"
    code=$?
    kill -0 "$asterisk" 2> /dev/null
do :; done
if [ -n "$timer" ]; then kill "$timer" 2> /dev/null || true; fi
exit "$code"
