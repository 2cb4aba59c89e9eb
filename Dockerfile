# Two stages: Debian 13 builds static executables; the image holds them, a list of certificate
# authorities and an account name, and nothing else: no shell, no library, no package manager.
FROM debian:trixie-slim AS build
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
COPY tools/steps.py tools/linked.py tools/licences tools/licences.txt /source/tools/
WORKDIR /source
RUN meson setup build -Dprefix=/usr -Dbuildtype=debugoptimized -Dstatic=true -Dtests=false \
    && ninja -C build \
    && install -D -s -t /image/usr/bin build/src/supervisor/penstock build/src/ctl/penstockctl build/src/exporter/penstock-exporter \
    && install -D -s -t /image/usr/libexec/penstock build/src/front/penstock-front build/src/worker/penstock-worker \
    && tools/licences build /image/usr/share/doc/penstock/LICENSES \
    && setcap cap_net_bind_service=p /image/usr/libexec/penstock/penstock-front \
    && install -D -m 644 -t /image/etc/ssl/certs /etc/ssl/certs/ca-certificates.crt \
    && printf '%s\n' 'penstock:x:65532:65532::/:/nonexistent' 'penstock-exporter:x:65533:65533::/:/nonexistent' >/image/etc/passwd

FROM scratch
COPY --from=build /image/ /
USER 65532:65532
EXPOSE 53/udp 53/tcp
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/penstock"]
