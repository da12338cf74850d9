# Talkies without a GPU: API, worker, and the built-in engine.
#
#   docker build -f deploy/docker/cpu.Dockerfile --build-arg GIT_SHA=$(git rev-parse HEAD) -t talkies .
#   docker run -p 8000:8000 -v talkies:/data -e API_KEYS=tk_change-me talkies

FROM python:3.11-slim-bookworm AS build
COPY requirements/image.lock /source/requirements/image.lock
COPY deploy/docker/install.sh /source/deploy/docker/install.sh
COPY pyproject.toml README.md LICENSE NOTICE /source/
COPY src /source/src
RUN UV_NO_CACHE=1 sh /source/deploy/docker/install.sh /source /opt/talkies

FROM python:3.11-slim-bookworm
ARG GIT_SHA=unknown
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin talkies \
 && install -d -o talkies -g talkies /data
COPY --from=build /opt/talkies /opt/talkies
COPY deploy/docker/start.sh deploy/docker/healthcheck.sh /usr/local/bin/
ENV PATH=/opt/talkies/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    GIT_SHA=$GIT_SHA \
    API_HOST=0.0.0.0 \
    API_PORT=8000 \
    DATA_DIR=/data/talkies \
    ENGINES_ROOT=/data/engines
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s CMD ["sh", "/usr/local/bin/healthcheck.sh"]
ENTRYPOINT ["sh", "/usr/local/bin/start.sh"]
CMD ["serve"]
