# Talkies on an NVIDIA GPU: the same, and what engines of other repositories need to be installed.
# It has no weights and no engine: `talkies engines install` brings both onto the volume /data.
#
#   docker build -f deploy/docker/cuda.Dockerfile --build-arg GIT_SHA=$(git rev-parse HEAD) -t talkies:cuda .
#   docker run --gpus all -v talkies:/data talkies:cuda engines install sadtalker

FROM nvidia/cuda:12.4.1-devel-ubuntu22.04 AS build
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends software-properties-common \
 && add-apt-repository -y ppa:deadsnakes/ppa \
 && apt-get update \
 && apt-get install -y --no-install-recommends python3.11 python3.11-venv \
 && rm -rf /var/lib/apt/lists/*
COPY requirements/image.lock /source/requirements/image.lock
COPY deploy/docker/install.sh /source/deploy/docker/install.sh
COPY pyproject.toml README.md LICENSE NOTICE /source/
COPY src /source/src
RUN UV_NO_CACHE=1 sh /source/deploy/docker/install.sh /source /opt/talkies python3.11

# The compiler of CUDA stays: flash-attn is built when InfiniteTalk is installed.
FROM nvidia/cuda:12.4.1-devel-ubuntu22.04
ARG GIT_SHA=unknown
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends software-properties-common \
 && add-apt-repository -y ppa:deadsnakes/ppa \
 && apt-get update \
 && apt-get install -y --no-install-recommends \
      build-essential ca-certificates ffmpeg git libgl1 libglib2.0-0 ninja-build \
      python3.8 python3.8-dev python3.8-distutils python3.8-venv \
      python3.10 python3.10-dev python3.10-venv python3.11 python3.11-venv \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --create-home --shell /usr/sbin/nologin talkies \
 && install -d -o talkies -g talkies /data /runpod-volume
COPY --from=build /opt/talkies /opt/talkies
COPY deploy/docker/start.sh deploy/docker/healthcheck.sh /usr/local/bin/
ENV PATH=/opt/talkies/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    GIT_SHA=$GIT_SHA \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility,video \
    API_HOST=0.0.0.0 \
    API_PORT=8000 \
    DATA_DIR=/data/talkies \
    ENGINES_ROOT=/data/engines
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s CMD ["sh", "/usr/local/bin/healthcheck.sh"]
ENTRYPOINT ["sh", "/usr/local/bin/start.sh"]
CMD ["worker"]
