#!/bin/sh
# Install the Asterisk of asterisk.pin, as root on Debian trixie (in the image, or on a machine): sh install_pinned.sh [asterisk.pin]
#
# Stable Debian has no Asterisk; sid has one version at a time. So it comes from the snapshot of the pin's moment, and each of its
# packages must have the checksum that stands there. ASTERISK_ARCHIVE: another archive with Debian's sid in it.
set -eu
pin=${1:-$(dirname "$0")/asterisk.pin}
version=$(sed -n 's/^version //p' "$pin")
archive=${ASTERISK_ARCHIVE:-http://snapshot.debian.org/archive/debian/$(sed -n 's/^snapshot //p' "$pin")}
packages=${APT_ARCHIVES:-/var/cache/apt/archives}
refuse() {
    echo "install_pinned: $1" >&2
    exit 1
}

# A snapshot's signature is still checked; that it is an old one is what is wanted.
echo "deb [check-valid-until=no] $archive sid main" > "${APT_SOURCES:-/etc/apt/sources.list.d}/asterisk.list"
apt-get update || refuse "$archive can't be read"
set -- "asterisk=$version" "asterisk-config=$version" "asterisk-modules=$version" asterisk-core-sounds-en-gsm
apt-get install -y --no-install-recommends --download-only "$@" ||
    refuse "$archive has no Asterisk $version. See the newest with tools/asterisk_pin.py, and test it before you pin it."
for package in "$packages"/asterisk*.deb; do
    [ -e "$package" ] || refuse "no package was fetched"
    sum=$(sha256sum "$package")
    grep -q "^${sum%% *} " "$pin" || refuse "${package##*/} is not the package that asterisk.pin names"
done
apt-get install -y --no-install-recommends "$@"
