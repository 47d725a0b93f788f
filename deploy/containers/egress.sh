#!/bin/sh
# Print the firewall's rules for what leaves the containers: the systems of docs/connections.md, and nothing else. As root:
#   EGRESS="smtp.example.com:587 api.twilio.com:443" CARRIER="203.0.113.0/24" sh deploy/containers/egress.sh | sh
#
# EGRESS: host:port of what web and worker may reach by TCP (mail, SMS, card processors). CARRIER: addresses of the trunk's signalling and sound,
# as in TRUNK_MATCH, commas or spaces between. Repeat it when an address of a host has changed; it replaces its rules.
set -eu
: "${EGRESS:?}" "${CARRIER:?}"
asterisk=10002 # its user in deploy/containers/asterisk.Dockerfile

addresses() { # of a host, or the network itself
    case $1 in
        *[!0-9./]*) getent ahostsv4 "$1" | awk '{print $1}' | sort -u | grep . || {
            echo "egress: $1 is unknown" >&2
            exit 1
        } ;;
        *) echo "$1" ;;
    esac
}

rules=
rule() { rules="$rules
iptables -A AEIMS-$*"; }

rule EGRESS -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN
for resolver in $(awk '$1 == "nameserver" && $2 !~ /:/ && $2 !~ /^127\./ {print $2}' "${RESOLV_CONF:-/etc/resolv.conf}"); do
    for chain in EGRESS CARRIER; do
        rule "$chain" -p udp -d "$resolver" --dport 53 -j RETURN
        rule "$chain" -p tcp -d "$resolver" --dport 53 -j RETURN
    done
done
for target in $EGRESS; do
    found=$(addresses "${target%:*}")
    for address in $found; do rule EGRESS -p tcp -d "$address" --dport "${target##*:}" -j RETURN; done
done
for target in $(echo "$CARRIER" | tr , ' '); do
    found=$(addresses "$target")
    for address in $found; do rule CARRIER -p udp -d "$address" -j RETURN; done
done
rule EGRESS -j REJECT
# Answers to its adapter, which began the connection; and itself.
rule CARRIER -o lo -j RETURN
rule CARRIER -p tcp -m conntrack --ctstate ESTABLISHED -j RETURN
rule CARRIER -j REJECT

# Containers' traffic is forwarded; Asterisk is on the host's network, where it is known by its user.
cat <<END
set -e
for chain in AEIMS-EGRESS AEIMS-CARRIER; do iptables -N \$chain 2>/dev/null || iptables -F \$chain; done$rules
iptables -C DOCKER-USER -i aeims-out -j AEIMS-EGRESS 2>/dev/null || iptables -I DOCKER-USER -i aeims-out -j AEIMS-EGRESS
iptables -C OUTPUT -m owner --uid-owner $asterisk -j AEIMS-CARRIER 2>/dev/null ||
    iptables -I OUTPUT -m owner --uid-owner $asterisk -j AEIMS-CARRIER
END
