# The clinic's exchange: Asterisk 22 of Debian testing (Debian 12 and 13 carry none), configured from asterisk_conf/.
FROM debian:testing-slim
RUN apt-get update && apt-get install -y --no-install-recommends asterisk \
    && rm -rf /var/lib/apt/lists/*
# the same number as in the robot's image: the volume with the ARI password is readable by both and by nobody else
RUN groupadd --gid 10001 voicebot && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/exchange voicebot \
    && install -d -o voicebot -g voicebot -m 700 /var/lib/exchange /run/voicebot-secrets
COPY asterisk_conf/ /opt/voicebot/asterisk_conf/
COPY audio/ /opt/voicebot/audio/
COPY docker/asterisk-entrypoint.sh /usr/local/bin/asterisk-entrypoint.sh
USER 10001:10001
WORKDIR /var/lib/exchange
ENTRYPOINT ["asterisk-entrypoint.sh"]
