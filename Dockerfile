# assay in a container: a build stage, and an image with the program and what its verifiers run.
#
#   docker build -t assay .                                        # CPU; Python, C++ and JavaScript for code rewards
#   docker build -t assay:slim --build-arg FLAVOUR=slim .          # CPU; no interpreters: everything but code rewards
#   docker build -t assay:cuda --build-arg FEATURES=cuda \
#     --build-arg RUST_IMAGE=nvidia/cuda:13.0.1-devel-ubuntu24.04 \
#     --build-arg BASE_IMAGE=nvidia/cuda:13.0.1-runtime-ubuntu24.04 .           # NVIDIA GPUs: docs/gpu.md
#
# With BINARY=prebuilt the program is taken from target/release instead of being built: for machines where an image
# cannot reach a registry of crates (.ci/image.sh does that).

ARG RUST_IMAGE=rust:1-bookworm
ARG BASE_IMAGE=debian:bookworm-slim
ARG BINARY=build

FROM ${RUST_IMAGE} AS build
ARG FEATURES=""
# The oldest GPU that a build with CUDA serves; there is none here to ask.
ARG CUDA_COMPUTE_CAP=80
ENV CUDA_COMPUTE_CAP=${CUDA_COMPUTE_CAP}
# Where the official images of Rust have it.
ENV CARGO_HOME=/usr/local/cargo RUSTUP_HOME=/usr/local/rustup PATH=/usr/local/cargo/bin:${PATH}
# Images with CUDA have no Rust.
RUN command -v cargo \
    || { apt-get update && apt-get install -y --no-install-recommends ca-certificates curl gcc libc6-dev \
      && curl --proto =https --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal; }
WORKDIR /src
COPY Cargo.toml Cargo.lock README.md ./
COPY benches benches
COPY models models
COPY src src
COPY tests/it/main.rs tests/it/main.rs
RUN cargo build --release --locked --bin assay --features "${FEATURES}" \
    && mkdir /out && mv target/release/assay /out/assay

FROM ${BASE_IMAGE} AS prebuilt
COPY target/release/assay /out/assay

FROM ${BINARY} AS binary

FROM ${BASE_IMAGE}
ARG FLAVOUR=full
RUN if [ "${FLAVOUR}" = full ]; then \
      apt-get update \
      && apt-get install -y --no-install-recommends g++ nodejs python3 python3-numpy python3-pytest \
      && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/*; \
    fi \
    && mkdir -p /models /var/lib/assay \
    && chown 10001:10001 /var/lib/assay
COPY --from=binary /out/assay /usr/local/bin/assay

# Keys (ASSAY_API_KEYS or ASSAY_API_KEYS_FILE) must be set, or ASSAY_ALLOW_OPEN_NETWORK=true: it refuses to start open.
ENV ASSAY_LISTEN=0.0.0.0:8080 \
    ASSAY_MODELS_ROOT=/models \
    ASSAY_LOG_FORMAT=json
EXPOSE 8080
USER 10001:10001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s CMD ["assay", "health"]
ENTRYPOINT ["assay"]
CMD ["serve"]
