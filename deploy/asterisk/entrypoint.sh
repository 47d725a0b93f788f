#!/bin/sh
# Render conf/*.conf from the environment and become Asterisk. README.md lists the variables. conf/trunk/ is rendered once for
# each trunk: TRUNK_*, TRUNK2_*, … in the order in which calls try them.
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
: "${ASTERISK_TLS_CERTIFICATE:=}" "${ASTERISK_TLS_KEY:=}" "${ASTERISK_HTTPS_BIND:=0.0.0.0}" "${ASTERISK_HTTPS_PORT:=8089}" "${ASTERISK_AMI_PORT:=5038}"
: "${ASTERISK_RUN_DIR:=/run/aeims-asterisk}" "${ASTERISK_STATE_DIR:=/var/lib/aeims-asterisk}"
: "${ASTERISK_LOG_DIR:=/var/log/aeims-asterisk}" "${ASTERISK_DATA_DIR:=/usr/share/asterisk}"
: "${SIP_BIND:=0.0.0.0}" "${SIP_PORT:=5060}" "${SIP_EXTERNAL_ADDRESS:=}" "${SIP_LOCAL_NET:=}" "${MEDIA_ADDRESS:=}"
: "${SIP_TLS_PORT:=5061}" "${SIP_TLS_CA:=/etc/ssl/certs/ca-certificates.crt}"
: "${SIP_TLS_CERTIFICATE:=$ASTERISK_TLS_CERTIFICATE}" "${SIP_TLS_KEY:=$ASTERISK_TLS_KEY}"
: "${ASTERISK_STOP_SECONDS:=0}" "${NETWORK_ADDRESSES:=/proc/net/fib_trie}" "${BETWEEN_LOOKS:=0.5}"
: "${RTP_START:=10000}" "${RTP_END:=14999}" "${RTP_TIMEOUT:=30}" "${RTP_TIMEOUT_HOLD:=300}"
from_file() {  # a file goes before the value
    eval "file=\${${1}_FILE:-}"
    if [ -n "$file" ]; then eval "$1=\$(cat \"\$file\")"; fi
}
from_file ASTERISK_ARI_PASSWORD
NOBODYS_PASSWORD=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')  # of the endpoint by which nobody comes in
refuse() { echo "entrypoint: $1" >&2; exit 64; }
for required in ASTERISK_ARI_PASSWORD TRUNK_HOST; do
    eval "[ -n \"\${$required:-}\" ]" || refuse "$required must be set"
done
if [ -z "${ASTERISK_MODULE_DIR:-}" ]; then
    for dir in /usr/lib/*/asterisk/modules /usr/lib64/asterisk/modules /usr/lib/asterisk/modules; do
        [ -e "$dir/res_ari.so" ] && ASTERISK_MODULE_DIR=$dir
    done
fi
export ASTERISK_ARI_USER ASTERISK_ARI_PASSWORD ASTERISK_HTTP_BIND ASTERISK_HTTP_PORT ASTERISK_RUN_DIR \
    ASTERISK_TLS_CERTIFICATE ASTERISK_TLS_KEY ASTERISK_HTTPS_BIND ASTERISK_HTTPS_PORT ASTERISK_AMI_PORT \
    ASTERISK_STATE_DIR ASTERISK_LOG_DIR ASTERISK_DATA_DIR ASTERISK_MODULE_DIR SIP_BIND SIP_PORT \
    SIP_EXTERNAL_ADDRESS SIP_LOCAL_NET MEDIA_ADDRESS SIP_TLS_PORT SIP_TLS_CA SIP_TLS_CERTIFICATE SIP_TLS_KEY \
    NOBODYS_PASSWORD RTP_START RTP_END RTP_TIMEOUT RTP_TIMEOUT_HOLD

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
mkdir -p "$etc" "$ASTERISK_STATE_DIR/spool/recording" "$ASTERISK_STATE_DIR/cache" \
    "$ASTERISK_LOG_DIR/cel-custom"

# Rendered files hold the passwords.
umask 077
chmod 700 "$etc"
# Asterisk complains of these when they are missing; all of them are at their defaults.
for name in acl ccss cli cli_permissions codecs dsp extconfig features pjproject sorcery stasis udptl websocket_client; do
    : > "$etc/$name.conf"
done
render() {
    awk '
        function value(name) {
            if (!(name in ENVIRON)) fail(name " is not set")
            if (ENVIRON[name] ~ /[;[:cntrl:]]/) fail(name " holds a semicolon or a control character")
            return ENVIRON[name]
        }
        function fail(why) { print "entrypoint: " FILENAME ": " why > "/dev/stderr"; exit 65 }
        {
            line = $0
            while (match(line, /^@[A-Z0-9_]+\?@/)) {
                if (value(substr(line, 2, RLENGTH - 3)) == "") next
                line = substr(line, RLENGTH + 1)
            }
            done = ""
            while (match(line, /@[A-Z0-9_]+@/)) {
                done = done substr(line, 1, RSTART - 1) value(substr(line, RSTART + 1, RLENGTH - 2))
                line = substr(line, RSTART + RLENGTH)
            }
            print done line
        }
    ' "$1"
}

# One trunk after the other under the names of the first, TRUNK_*, which no later one changes.
one_of() {  # NAME WORD...: its value, or the first word, is one of the words
    name=$1; first=$2; shift
    eval "value=\${$name:-$first}"
    for word in "$@"; do [ "$value" = "$word" ] && { eval "$name=\$value"; return; }; done
    shift; refuse "$prefix${name#TRUNK}: one of $first $*"
}
flag() { one_of "$1" no yes; eval "[ \"\$$1\" = yes ]" || eval "$1="; }
HAS_TCP='' HAS_TLS='' HAS_SRTP='' HAS_REGISTRATION='' HAS_HEADERS='' HAS_ALAW='' HAS_G722='' HAS_OPUS='' HAS_RESAMPLING=''
: > "$etc/trunks.conf"
: > "$etc/pjsip.trunks"
last=0
codecs=
for number in 1 2 3 4 5 6 7 8 9; do
    prefix=TRUNK TRUNK_NAME=carrier
    if [ "$number" -gt 1 ]; then
        prefix=TRUNK$number TRUNK_NAME=carrier$number
        for part in HOST PORT MATCH USERNAME PASSWORD PASSWORD_FILE QUALIFY_SECONDS REGISTER TRANSPORT SRTP CODECS \
            NUMBERS DOMAIN FROM_USER ASSERTED_IDENTITY MAX_CALLS CALLS_PER_SECOND; do
            eval "TRUNK_$part=\${${prefix}_$part:-}"
        done
    fi
    [ -n "$TRUNK_HOST" ] || continue
    [ "$last" -eq $((number - 1)) ] || refuse "$prefix follows none: number the trunks without a gap"
    last=$number
    from_file TRUNK_PASSWORD
    one_of TRUNK_TRANSPORT udp tcp tls
    one_of TRUNK_NUMBERS plus digits
    for name in TRUNK_REGISTER TRUNK_SRTP TRUNK_ASSERTED_IDENTITY; do flag "$name"; done
    case $TRUNK_TRANSPORT in
        udp) TRUNK_DATAGRAM=yes TRUNK_STREAM='' port=5060 ;;
        tcp) TRUNK_DATAGRAM='' TRUNK_STREAM=tcp port=5060 HAS_TCP=yes ;;
        tls) TRUNK_DATAGRAM='' TRUNK_STREAM=tls port=5061 HAS_TLS=yes ;;
    esac
    if [ -n "$TRUNK_SRTP" ] && [ "$TRUNK_TRANSPORT" != tls ]; then
        refuse "${prefix}_SRTP needs ${prefix}_TRANSPORT=tls: who can read SDP has the keys"
    fi
    if [ -n "$TRUNK_REGISTER" ] && [ -z "${TRUNK_USERNAME:-}" ]; then
        refuse "${prefix}_REGISTER needs ${prefix}_USERNAME and ${prefix}_PASSWORD"
    fi
    : "${TRUNK_PORT:=$port}" "${TRUNK_MATCH:=$TRUNK_HOST}" "${TRUNK_USERNAME:=}" "${TRUNK_PASSWORD:=}" "${TRUNK_QUALIFY_SECONDS:=60}" "${TRUNK_CODECS:=ulaw}"
    : "${TRUNK_DOMAIN:=}" "${TRUNK_FROM_USER:=}" "${TRUNK_MAX_CALLS:=0}" "${TRUNK_CALLS_PER_SECOND:=0}"
    for codec in $(echo "$TRUNK_CODECS" | tr , ' '); do
        case " $codecs " in *" $codec "*) ;; *) codecs="$codecs $codec" ;; esac
        case $codec in
            ulaw) ;; alaw) HAS_ALAW=yes ;; g722) HAS_G722=yes HAS_RESAMPLING=yes ;; opus) HAS_OPUS=yes HAS_RESAMPLING=yes ;;
            *) refuse "${prefix}_CODECS: ulaw, alaw, g722, opus, commas between, the preferred one first" ;;
        esac
    done
    for name in TRUNK_MAX_CALLS TRUNK_CALLS_PER_SECOND; do
        eval "case \$$name in *[!0-9]*) refuse \"$prefix\${name#TRUNK}: a whole number\" ;; esac"
    done
    TRUNK_REGISTRAR=${TRUNK_DOMAIN:-$TRUNK_HOST}
    identity=
    if [ -n "$TRUNK_ASSERTED_IDENTITY" ]; then identity=" identity=$TRUNK_REGISTRAR" HAS_HEADERS=yes; fi
    [ -z "$TRUNK_SRTP" ] || HAS_SRTP=yes
    [ -z "$TRUNK_REGISTER" ] || HAS_REGISTRATION=yes
    limits="calls=$TRUNK_MAX_CALLS calls_per_second=$TRUNK_CALLS_PER_SECOND"
    # The adapter asks for these: in which order calls try the trunks, and how each wants its numbers.
    echo "AEIMS_TRUNK_$number = name=$TRUNK_NAME numbers=$TRUNK_NUMBERS $limits$identity" >> "$etc/trunks.conf"
    export TRUNK_NAME TRUNK_HOST TRUNK_PORT TRUNK_USERNAME TRUNK_PASSWORD TRUNK_QUALIFY_SECONDS TRUNK_REGISTER TRUNK_SRTP \
        TRUNK_TRANSPORT TRUNK_DATAGRAM TRUNK_STREAM TRUNK_CODECS TRUNK_DOMAIN TRUNK_FROM_USER TRUNK_REGISTRAR TRUNK_MATCH
    render "$here/conf/trunk/pjsip.conf" >> "$etc/pjsip.trunks"
done
case $codecs in " "*" "*)
    echo "entrypoint: trunks with several codecs ($codecs ): between two Asterisk converts the sound, and can lose it (README.md)" >&2 ;;
esac
if [ -n "$HAS_TLS" ] && [ -z "$SIP_TLS_CERTIFICATE" ]; then  # the end of a call comes by a connection of the carrier's
    refuse "a trunk with TLS needs SIP_TLS_CERTIFICATE and SIP_TLS_KEY: carriers connect to us to end a call"
fi
if [ -n "$HAS_TLS" ] && [ ! -r "$SIP_TLS_CA" ]; then
    refuse "SIP_TLS_CA: $SIP_TLS_CA can't be read; it says whose certificates a carrier may have"
fi
export HAS_TCP HAS_TLS HAS_SRTP HAS_REGISTRATION HAS_HEADERS HAS_ALAW HAS_G722 HAS_OPUS HAS_RESAMPLING
for template in "$here"/conf/*.conf; do
    render "$template" > "$etc/${template##*/}"
done
cat "$etc/pjsip.trunks" >> "$etc/pjsip.conf"
rm "$etc/pjsip.trunks"
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
    console "core stop gracefully" || true  # where there is none yet
    (sleep "$ASTERISK_STOP_SECONDS" && console "core stop now") &
    timer=$!
}
timer=
trap drain TERM INT  # before there is anything to end: a signal that comes at once mustn't end this script alone
asterisk -f -C "$etc/asterisk.conf" &
asterisk=$!
if [ -n "$timer" ]; then kill "$asterisk"; fi  # told before it was there, so it has no calls
while
    wait "$asterisk"
    code=$?
    kill -0 "$asterisk" 2> /dev/null
do :; done
if [ -n "$timer" ]; then kill "$timer" 2> /dev/null || true; fi
exit "$code"
