# The robot: Python packages by the lock file, RHVoice, the recognition model.
# Target `robot` reaches an Asterisk elsewhere; target `demo` also carries one and rings the simulated city.
FROM debian:bookworm-slim AS base
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-venv ca-certificates tzdata \
    && rm -rf /var/lib/apt/lists/*
ENV LOCAL=/opt/voicebot/local VENV=/opt/voicebot/venv PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /opt/voicebot/source

FROM base AS packages
COPY requirements.lock ./
COPY setup/build.lock setup/
RUN python3 -m venv "$VENV" \
    && "$VENV/bin/pip" install --no-cache-dir --no-deps --require-hashes -r setup/build.lock \
    && "$VENV/bin/pip" install --no-cache-dir --no-deps --require-hashes --no-build-isolation -r requirements.lock
COPY setup/ setup/
RUN setup/fetch_rhvoice.sh && setup/fetch_whisper.sh && rm -rf "$LOCAL/cache"
COPY pyproject.toml README.md LICENSE ./
COPY voicebot/ voicebot/
COPY scenarios/ scenarios/
COPY asterisk_conf/ asterisk_conf/
COPY audio/ audio/
COPY examples/ examples/
RUN "$VENV/bin/pip" install --no-cache-dir --no-deps --no-build-isolation . \
    && "$VENV/bin/pip" uninstall --quiet --yes mypy ruff hypothesis import-linter grimp pytest pytest-aiohttp \
        pytest-asyncio pytest-timeout types-openpyxl

FROM packages AS exchange
RUN setup/fetch_asterisk.sh && rm -rf "$LOCAL/cache"

FROM base AS robot
# one number in both images, so that the volume with the ARI password is readable by both and by nobody else
RUN groupadd --gid 10001 voicebot && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/voicebot voicebot \
    && install -d -o voicebot -g voicebot -m 700 /var/lib/voicebot /run/voicebot-secrets
COPY --from=packages /opt/voicebot/venv /opt/voicebot/venv
COPY --from=packages --chown=10001:10001 /opt/voicebot/local /opt/voicebot/local
COPY docker/robot-entrypoint.sh /usr/local/bin/robot-entrypoint.sh
ENV PATH=/opt/voicebot/venv/bin:$PATH \
    VOICEBOT_PATHS__LOCAL=/opt/voicebot/local VOICEBOT_PATHS__DATA=/var/lib/voicebot
USER 10001:10001
WORKDIR /var/lib/voicebot
ENTRYPOINT ["robot-entrypoint.sh"]
CMD ["serve"]

FROM robot AS demo
COPY --from=exchange /opt/voicebot/local/asterisk /opt/voicebot/local/asterisk
CMD ["demo"]
