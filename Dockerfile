# The image of web, sockets, proxy, worker and adapter; compose.yaml says which of them a container is.
# The build holds no secret and needs none.
FROM python:3.11-slim-bookworm AS packages
RUN python -m venv /venv
COPY deploy/requirements.lock /tmp/requirements.lock
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --require-hashes \
    -r /tmp/requirements.lock
# `docker compose build --build-arg SENTRY=1`: error reports to a Sentry (docs/logging.md)
ARG SENTRY=""
COPY deploy/sentry.lock /tmp/sentry.lock
RUN test -z "$SENTRY" || /venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --require-hashes \
    -r /tmp/sentry.lock

FROM python:3.11-slim-bookworm
# The voice of `manage.py make_prompts` and of the worker, which speak the names of brands and operators.
RUN apt-get update \
    && apt-get install -y --no-install-recommends flite espeak-ng sox \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin aeims \
    && install -d -o aeims -g aeims /var/lib/aeims /var/lib/aeims-sounds /var/lib/aeims-copies /var/lib/caddy \
    && install -d -o aeims -g aeims -m 700 /run/aeims
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 AEIMS_ENV=production \
    AEIMS_DATA_DIR=/var/lib/aeims
WORKDIR /app
COPY --from=packages /venv /venv
COPY . .
# Static files get their hashed, compressed names here; the key signs nothing.
RUN SECRET_KEY=unused-while-building python manage.py collectstatic --no-input
USER aeims
CMD ["gunicorn", "-c", "python:aeims.serving.gunicorn_config", "aeims.wsgi:application"]
