# For `postgres:18-bookworm`: sid's PostgreSQL 18, with the user, places, and volume of that image, and as much of its entrypoint as is used.
FROM debian:trixie-slim
ARG ARCHIVE
RUN groupadd -r -g 999 postgres && useradd -r -g postgres -u 999 -d /var/lib/postgresql postgres \
    && install -d -o postgres -g postgres -m 1777 /var/lib/postgresql && mkdir /docker-entrypoint-initdb.d
RUN echo "deb $ARCHIVE sid main" > /etc/apt/sources.list.d/sid.list && apt-get update && mkdir -p /etc/postgresql-common \
    && echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.conf \
    && apt-get install -y --no-install-recommends postgresql-18 && rm -rf /var/lib/apt/lists/*
COPY --chmod=755 postgres-entrypoint.sh /usr/local/bin/docker-entrypoint.sh
ENV PATH=/usr/lib/postgresql/18/bin:$PATH PGDATA=/var/lib/postgresql/18/docker
VOLUME /var/lib/postgresql
ENTRYPOINT ["docker-entrypoint.sh"]
