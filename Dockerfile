# A static binary in an empty image: nothing to patch but the binary itself.
FROM rust:1-alpine AS build
RUN apk add --no-cache build-base
WORKDIR /source
COPY . .
RUN cargo build --release --locked --package keystonedb --bin kstone \
    && mkdir -p /image/data \
    && cp target/release/kstone /image/kstone

FROM scratch
COPY --from=build --chown=65532:65532 /image /
USER 65532:65532
ENV KSTONE_HOST=0.0.0.0 KSTONE_PORT=8000 KSTONE_DB_PATH=/data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=5s --timeout=3s --start-period=2s CMD ["/kstone", "healthcheck"]
ENTRYPOINT ["/kstone"]
