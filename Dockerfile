# Two stages: Debian 13 builds static executables; the image holds them, a list of certificate authorities, an account
# name, a few kinds of terminals for `penstockctl top`, the licences and lists of what is inside, and nothing else: no shell, no library, no package manager. See docs/CONTAINER.md.

# The one place where the system that compiles is named; docs/CONTAINER.md says how to renew it.
ARG BASE=docker.io/library/debian:trixie-slim@sha256:a29215f6a35e51e22adffa17f89e9d2ef06214e64a2bad10d765c46aea49f11f

FROM ${BASE} AS build
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
       gcc libc6-dev binutils meson ninja-build pkgconf python3 \
       libseccomp-dev libcap-ng-dev libyaml-dev libidn2-dev libunistring-dev libjansson-dev libncurses-dev libmbedtls-dev libcap2-bin ca-certificates
COPY meson.build meson_options.txt /source/
COPY docs/penstock.8 docs/penstockctl.8 docs/penstock-exporter.8 docs/penstock.yaml.5 docs/penstock-log.7 docs/penstock-statistics.7 docs/*.schema.json /source/docs/
COPY packaging /source/packaging
COPY monitoring /source/monitoring
COPY policy /source/policy
COPY seccomp /source/seccomp
COPY src /source/src
COPY LICENSE /source/
COPY tools/steps.py tools/linked.py tools/sources.py tools/licences tools/licences.txt tools/sbom /source/tools/
WORKDIR /source
RUN meson setup build -Dprefix=/usr -Dbuildtype=debugoptimized -Dstatic=true -Dtests=false \
    && ninja -C build
# the lists are of the executables as they are in the image: without symbols
ARG SOURCE_DATE_EPOCH=0
RUN programs=$(ls build/src/*/penstock build/src/*/penstockctl build/src/*/penstock-exporter) \
    && children=$(ls build/src/*/penstock-front build/src/*/penstock-worker) \
    && strip $programs $children \
    && SOURCE_DATE_EPOCH=$SOURCE_DATE_EPOCH tools/sbom build \
    && install -D -t /image/usr/bin $programs \
    && install -D -t /image/usr/libexec/penstock $children \
    && tools/licences build /image/usr/share/doc/penstock/LICENSES \
    && install -m 644 /usr/share/doc/ca-certificates/copyright /image/usr/share/doc/penstock/LICENSES/ca-certificates \
    && install -D -m 644 -t /image/usr/share/doc/penstock build/penstock.spdx.json build/penstock.cdx.json \
    && setcap cap_net_bind_service=p /image/usr/libexec/penstock/penstock-front \
    && install -D -m 644 -t /image/etc/ssl/certs /etc/ssl/certs/ca-certificates.crt \
    && for kind in l/linux s/screen-256color t/tmux-256color v/vt100 x/xterm x/xterm-256color; do \
           install -D -m 644 /usr/share/terminfo/$kind /image/usr/share/terminfo/$kind || exit; \
       done \
    && install -d -m 755 /image/etc/penstock /image/run/penstock \
    && printf '%s\n' 'penstock:x:65532:65532::/:/nonexistent' 'penstock-exporter:x:65533:65533::/:/nonexistent' >/image/etc/passwd

FROM scratch
ARG REVISION=unknown
LABEL org.opencontainers.image.title="penstock" \
      org.opencontainers.image.description="A DNS forwarder over TLS to pinned upstreams" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="ISC AND (Apache-2.0 OR GPL-2.0-or-later) AND GPL-3.0-or-later WITH GCC-exception-3.1 AND LGPL-2.1-or-later AND LGPL-3.0-or-later AND (LGPL-3.0-or-later OR GPL-2.0-or-later) AND MIT AND X11-distribute-modifications-variant AND MPL-2.0"
COPY --from=build /image/ /
USER 65532:65532
EXPOSE 53/udp 53/tcp
STOPSIGNAL SIGTERM
# an image in the format of OCI has no such word: compose.yaml says the same
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s --retries=3 CMD ["/usr/bin/penstockctl", "healthcheck"]
ENTRYPOINT ["/usr/bin/penstock"]
