# Asterisk with our configuration and prompts (deploy/asterisk says what it reads from the environment).
# Debian's stable releases package no Asterisk: it comes from sid as it was at the moment that asterisk.pin names.
FROM debian:trixie-slim AS prompts
RUN apt-get update && apt-get install -y --no-install-recommends python3 flite espeak-ng sox
COPY deploy/asterisk/make_prompts.py /make/deploy/asterisk/make_prompts.py
COPY telephony/__init__.py telephony/sounds.py telephony/speech.py /make/telephony/
RUN python3 /make/deploy/asterisk/make_prompts.py /prompts

FROM debian:trixie-slim AS libraries
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev
COPY deploy/asterisk/steady_clock.c deploy/asterisk/final_answers.c /tmp/
RUN for name in steady_clock final_answers; do gcc -shared -fPIC -O2 -o /$name.so /tmp/$name.c || exit; done

FROM debian:trixie-slim
# Another archive than the snapshot, with the same packages in it.
ARG ASTERISK_ARCHIVE=
# Before the package makes it: volumes and firewall rules go by this number.
RUN groupadd --system --gid 10002 asterisk \
    && useradd --system --uid 10002 --gid asterisk --home-dir /var/lib/asterisk --shell /usr/sbin/nologin asterisk
COPY deploy/asterisk/asterisk.pin deploy/asterisk/install_pinned.sh /opt/aeims-asterisk/
RUN ASTERISK_ARCHIVE=$ASTERISK_ARCHIVE sh /opt/aeims-asterisk/install_pinned.sh \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/*.deb \
    && install -d -o asterisk -g asterisk -m 700 /run/aeims-asterisk \
    && install -d -o asterisk -g asterisk /var/lib/aeims-asterisk /var/log/aeims-asterisk
COPY deploy/asterisk /opt/aeims-asterisk
COPY --from=libraries /steady_clock.so /final_answers.so /opt/aeims-asterisk/
COPY --from=prompts /prompts/aeims /usr/share/asterisk/sounds/en/aeims
# Where the adapter (uid 10001 of its image) puts the sounds that name somebody; a volume takes over the owner.
RUN install -d -o 10001 -g 10001 /usr/share/asterisk/sounds/en/aeims/content
USER asterisk
ENTRYPOINT ["/opt/aeims-asterisk/entrypoint.sh"]
