#!/bin/sh
# Make the certificates by which our own services know each other: `sh deploy/containers/make_certificates.sh [directory]`
#
# An authority of this installation's own signs one for each service, for a year, and its key is deleted at once: nobody can make
# another that is believed. So all are replaced together: delete internal_ca, run it again, and restart all containers.
set -eu
directory=${1:-${AEIMS_SECRETS_DIR:-./secrets}}
days=397
if [ -e "$directory/internal_ca" ]; then exit 0; fi
command -v openssl > /dev/null || { echo "make_certificates: openssl is needed" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1"; }

key "$work/ca_key"
openssl req -x509 -new -key "$work/ca_key" -sha256 -days "$days" -subj "/CN=AEIMS internal" \
    -addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign,cRLSign" -out "$work/internal_ca"
for service in web adapter asterisk postgres redis; do
    key "$work/${service}_tls_key"
    openssl req -new -key "$work/${service}_tls_key" -subj "/CN=$service" -out "$work/request"
    printf 'subjectAltName=DNS:%s,DNS:localhost\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n' \
        "$service" > "$work/extensions"
    openssl x509 -req -in "$work/request" -CA "$work/internal_ca" -CAkey "$work/ca_key" -CAcreateserial -sha256 -days "$days" \
        -extfile "$work/extensions" -out "$work/${service}_tls_certificate" 2> /dev/null
done
rm -f "$work/ca_key" "$work/request" "$work/extensions" "$work"/*.srl

# As the other secrets: the directory keeps others out, and containers, as other users, see the files that they are given.
mkdir -p "$directory"
chmod 700 "$directory"
for file in "$work"/*; do
    name=${file##*/}
    if [ "$name" != internal_ca ]; then rm -f "$directory/$name" && cp "$file" "$directory/$name" && chmod 444 "$directory/$name"; fi
done
cp "$work/internal_ca" "$directory/internal_ca" # the last: its being there says that all are
chmod 444 "$directory/internal_ca"
