# SPDX-License-Identifier: Apache-2.0
FROM debian:trixie-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends \
    gcc make pkg-config libc6-dev libglib2.0-dev libvips-dev librdkafka-dev libcurl4-openssl-dev \
    libssl-dev libxml2-dev libjansson-dev libfyaml-dev
COPY . /src
RUN make -C /src -j"$(nproc)" all install PREFIX=/usr DESTDIR=/out

FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends \
    ca-certificates libglib2.0-0t64 libvips42t64 librdkafka1 libcurl4t64 libssl3t64 libxml2 \
    libjansson4 libfyaml0 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /out/ /
USER 65532
WORKDIR /
# The configuration is mounted at /etc/thumbpipe/thumbpipe.yaml.
ENTRYPOINT ["/usr/bin/thumbpipe"]
CMD ["run"]
