# A broker that keeps its data in the volume /data and listens at 9092: docs/container.md.
#   docker build -t kwire .
#   docker run --rm -p 9092:9092 kwire
ARG PYTHON_VERSION=3.13

FROM python:${PYTHON_VERSION}-slim AS build
WORKDIR /src
RUN python -m venv /opt/kwire
COPY requirements/serve.txt requirements/
RUN /opt/kwire/bin/python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements/serve.txt
COPY pyproject.toml README.md LICENSE ./
COPY packaging/metadata.py packaging/
COPY kwire kwire
RUN /opt/kwire/bin/python -m pip install --no-cache-dir --disable-pip-version-check --no-deps . \
    && /opt/kwire/bin/python -m pip uninstall --yes --quiet pip

FROM python:${PYTHON_VERSION}-slim
LABEL org.opencontainers.image.title="kwire" \
      org.opencontainers.image.description="The Kafka broker for people who write Python" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 10001 kwire \
    && useradd --uid 10001 --gid kwire --no-create-home --home-dir /data --shell /usr/sbin/nologin kwire \
    && install --directory --owner=kwire --group=kwire --mode=0750 /data
COPY --from=build /opt/kwire /opt/kwire
# What clients on the host are told is localhost: they come from this container's default gateway.
ENV PATH=/opt/kwire/bin:$PATH \
    KWIRE_DATA=/data \
    KWIRE_LISTEN=0.0.0.0:9092 \
    KWIRE_ADVERTISE_TO_GATEWAY=localhost \
    KWIRE_READY_FILE=/data/.ready
USER 10001:10001
WORKDIR /data
VOLUME ["/data"]
EXPOSE 9092
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s --retries=3 CMD ["kwire", "healthcheck"]
ENTRYPOINT ["kwire"]
CMD ["serve"]
