#!/bin/sh
# Make the files of the secrets that compose.yaml names, each once: `sh deploy/containers/make_secrets.sh [.env]`
#
# A value that the file of settings has already (an installation from before there were such files) is taken over, everything
# else is random. What is there stays. Afterwards take the secrets out of the file of settings. docs/keys.md says what each is for.
set -eu
settings=${1:-.env}
directory=${AEIMS_SECRETS_DIR:-./secrets}

value() { # of a setting; empty where there is none
    if [ -f "$settings" ]; then
        sed -n "s/^$1=//p" "$settings" | tail -n 1 | sed -e 's/^"\(.*\)"$/\1/' -e "s/^'\(.*\)'$/\1/"
    fi
}

random() {
    od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}

# The directory keeps others out. Containers see the files alone, as other users, so each may be read.
mkdir -p "$directory"
chmod 700 "$directory"
umask 022

put() { # name, value
    if [ ! -e "$directory/$1" ]; then
        printf '%s\n' "$2" > "$directory/$1"
        chmod 444 "$directory/$1"
    fi
}

keep_or_make() { # name, setting
    kept=$(value "$2")
    put "$1" "${kept:-$(random)}"
}

# Of the providers of a kind that .env.example knows, all in one file: NAME=value. Those that are there already stay.
keep_provider_secrets() { # the file, how the kind's part of .env.example begins
    file=$directory/$1
    lines=$(cat "$file" 2>/dev/null || true)
    for name in $(sed -n "/^# --- $2/,/^\$/s/^#\{0,1\}\([A-Z0-9_]*_\(KEY\|PASSWORD\|SECRET\|TOKEN\)\)=.*/\1/p" \
        "$(dirname "$0")/../../.env.example"); do
        earlier=$directory/$(echo "$name" | tr '[:upper:]' '[:lower:]') # where it was before they shared a file
        kept=$(value "$name")
        kept=${kept:-$(cat "$earlier" 2>/dev/null || true)}
        rm -f "$earlier"
        if [ -n "$kept" ] && ! echo "$lines" | grep -q "^$name="; then
            lines="${lines:+$lines
}$name=$kept"
        fi
    done
    rm -f "$file"
    put "$1" "$lines"
}

keep_or_make secret_key SECRET_KEY
keep_or_make api_key AEIMS_API_KEY
keep_or_make data_keys AEIMS_DATA_KEYS
keep_or_make hash_keys AEIMS_HASH_KEYS
keep_or_make document_keys AEIMS_DOCUMENT_KEYS
keep_or_make push_key AEIMS_PUSH_KEY
keep_or_make journal_keys ADAPTER_JOURNAL_KEYS
keep_or_make metrics_key AEIMS_METRICS_KEY
put backup_key "$(random)"  # of the repository of deploy/backup
keep_or_make ari_password ASTERISK_ARI_PASSWORD
keep_or_make owner_password POSTGRES_PASSWORD
keep_or_make redis_password REDIS_PASSWORD
put postgres_password "$(random)"
sh "$(dirname "$0")/make_certificates.sh" "$directory"
authority=/run/secrets/internal_ca
verified="sslmode=verify-full&sslrootcert=$authority"
serving=$(value POSTGRES_SERVING_PASSWORD)
put database_url "postgresql://aeims_serving:${serving:-$(random)}@postgres:5432/aeims?$verified"
put database_owner_url "postgresql://aeims:$(cat "$directory/owner_password")@postgres:5432/aeims?$verified"
put redis_url "rediss://:$(cat "$directory/redis_password")@redis:6379/0?ssl_ca_certs=$authority"
put alerts_smtp_password ""  # of alertmanager.yml; written in by hand
put trunk_password "$(value TRUNK_PASSWORD)"
put trunk2_password "$(value TRUNK2_PASSWORD)"
keep_provider_secrets sms_secrets "Providers of SMS"
keep_provider_secrets card_secrets "Processors of card payments"
put email_url "$(value EMAIL_URL)"
if ! grep -q . "$directory/email_url"; then
    rm -f "$directory/email_url"
    echo "make_secrets: write EMAIL_URL (smtp+tls://user:password@host:587) into $directory/email_url" >&2
    exit 1
fi
