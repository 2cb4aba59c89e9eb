# shellcheck shell=bash
# run.sh - ./dev run: a local resolver with a key of its own, or a real upstream, and penstock before it
#
# Started as root the processes become another account, which may not be able to reach this tree: what they
# read stands in a folder of its own under /var/tmp, gone when the run ends. Logs stand in build/logs.
#
# Sourced by ./dev; uses its say, step, die, $logs, $python.
# shellcheck disable=SC2154

run_dir='' run_upstream='' run_name='' run_pins=()
children=()

make_run_dir() {
    if is_root; then
        run_dir=$(mktemp -d /var/tmp/penstock-run.XXXXXX)
    else
        run_dir=$PWD/build/run
        mkdir -p "$run_dir"
    fi
    chmod 755 "$run_dir"
}

# the last that was started first: penstock ends before the resolver that it asks
stop_children() {
    local i
    trap - INT TERM
    for ((i = ${#children[@]} - 1; i >= 0; i--)); do
        kill "${children[i]}" 2>/dev/null || true
        wait "${children[i]}" 2>/dev/null || true
    done
    ! is_root || rm -rf "$run_dir"
}

# a certificate authority and a resolver's certificate for this machine only
make_certificates() {
    [ ! -e "$run_dir/backup.key" ] || return 0
    local new=(openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256)
    "${new[@]}" -x509 -days 3650 -subj '/CN=penstock local authority' \
        -keyout "$run_dir/authority.key" -out "$run_dir/authority.pem"
    "${new[@]}" -subj '/CN=resolver.local.test' -keyout "$run_dir/resolver.key" -out "$run_dir/resolver.csr"
    printf 'subjectAltName=DNS:resolver.local.test\nbasicConstraints=CA:FALSE\n' >"$run_dir/extensions"
    openssl x509 -req -in "$run_dir/resolver.csr" -CA "$run_dir/authority.pem" -CAkey "$run_dir/authority.key" \
        -CAcreateserial -days 3650 -sha256 -extfile "$run_dir/extensions" -out "$run_dir/resolver.pem"
    openssl ecparam -name prime256v1 -genkey -noout -out "$run_dir/backup.key"
    chmod 600 "$run_dir"/*.key
}

# pin_of KEY: the SHA-256 of its public half, as pins are written
pin_of() {
    printf 'sha256//'
    openssl pkey -in "$1" -pubout -outform DER | openssl dgst -sha256 -binary | openssl enc -base64
}

# a resolver that answers for penstock.example from its own data and asks nobody
start_resolver() {
    cat >"$run_dir/unbound.conf" <<END
server:
    directory: "$run_dir"
    chroot: ""
    username: "$(is_root && echo nobody)"
    pidfile: ""
    use-syslog: no
    logfile: ""
    do-daemonize: no
    interface: 127.0.0.1@8853
    tls-port: 8853
    tls-service-key: "$run_dir/resolver.key"
    tls-service-pem: "$run_dir/resolver.pem"
    module-config: "iterator"
    local-zone: "." static
    local-zone: "penstock.example." redirect
    local-data: "penstock.example. 300 IN A 192.0.2.1"
    local-data: "penstock.example. 300 IN AAAA 2001:db8::1"
    local-data: 'penstock.example. 300 IN TXT "answered by the local resolver"'
remote-control:
    control-enable: no
END
    unbound -d -c "$run_dir/unbound.conf" >"$logs/unbound.log" 2>&1 &
    children+=($!)
}

write_upstream_policy() {
    local pin
    {
        echo 'listen: ["127.0.0.1:5300"]'
        echo 'acl: { allow: ["127.0.0.0/8"], deny: [] }'
        echo 'upstreams:'
        echo '  - name: upstream'
        echo "    address: \"$run_upstream\""
        echo "    tls_name: \"$run_name\""
        if [ ${#run_pins[@]} -gt 0 ]; then
            echo '    pins:'
            for pin in "${run_pins[@]}"; do echo "      - \"$pin\""; done
            echo '    verify: pin+ca'
        else
            echo '    verify: ca'
        fi
        echo 'tls: { ca_file: /etc/ssl/certs/ca-certificates.crt }'
    } >"$run_dir/policy.yaml"
}

# unbound shares its port with whoever has it already; better say so than reach a stranger
port_is_free() {
    $python -c 'import socket, sys
for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
    s = socket.socket(socket.AF_INET, kind)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, kind == socket.SOCK_STREAM)
    s.bind(("127.0.0.1", int(sys.argv[1])))' "$1" 2>/dev/null || die "port $1 of 127.0.0.1 is in use"
}

run_options() {
    while [ $# -gt 0 ]; do
        case $1 in
        --upstream | --tls-name | --pin) [ -n "${2:-}" ] || misuse "run: $1 needs a value" ;;
        *) misuse "run: unknown option or argument \"$1\"" ;;
        esac
        case $1 in
        --upstream) run_upstream=$2 ;;
        --tls-name) run_name=$2 ;;
        --pin) run_pins+=("$2") ;;
        esac
        shift 2
    done
    [ -z "$run_upstream" ] || [ -n "$run_name" ] || misuse "run: --upstream needs --tls-name"
    [ -n "$run_upstream" ] || [ -z "$run_name${run_pins[*]}" ] || misuse "run: --tls-name and --pin need --upstream"
}

do_run() {
    run_options "$@"
    want_build
    want "${packages_run[@]}"
    [ -n "$run_upstream" ] || want_program unbound unbound
    get_wanted
    build_release || exit 1

    port_is_free 5300
    [ -n "$run_upstream" ] || port_is_free 8853
    at_exit stop_children
    trap 'exit 0' INT TERM
    make_run_dir
    local question=www.penstock.example log=$logs/penstock.log
    if is_root && ! getent passwd penstock >/dev/null; then
        say "No account \"penstock\" on this system: the processes become \"nobody\"."
        export PENSTOCK_USER=nobody
    fi
    if [ -n "$run_upstream" ]; then
        question=example.com
        write_upstream_policy
        if [ ${#run_pins[@]} -eq 0 ]; then
            say "No --pin: the upstream must have a certificate for $run_name from a known authority; any key will do."
            say "    (build/release/src/supervisor/penstock pin $run_upstream --tls-name $run_name shows the keys it has now.)"
        fi
    else
        cp policy/local.yaml "$run_dir/policy.yaml"
        step certificates "certificates in $run_dir" make_certificates || exit 1
        start_resolver
        PENSTOCK_UPSTREAMS_0_PINS=$(pin_of "$run_dir/resolver.key"),$(pin_of "$run_dir/backup.key")
        PENSTOCK_TLS_CA_FILE=$run_dir/authority.pem
        export PENSTOCK_UPSTREAMS_0_PINS PENSTOCK_TLS_CA_FILE
        say "The local resolver (unbound) serves DNS over TLS on 127.0.0.1:8853."
    fi
    chmod 644 "$run_dir/policy.yaml"

    build/release/src/supervisor/penstock -c "$run_dir/policy.yaml" -v 2>"$log" &
    local penstock=$!
    children+=("$penstock")
    $python tests/fixtures/first_answer.py 127.0.0.1 5300 "$question" "$penstock" "$log" ||
        { tail -n 20 "$log"; exit 1; }
    say ""
    say "Serving on 127.0.0.1:5300 (UDP and TCP) until Ctrl-C; the log follows. Try:"
    say "    dig @127.0.0.1 -p 5300 $question"
    say "Its configuration is $run_dir/policy.yaml; after a change: kill -HUP $penstock"
    tail -n 0 -f "$log" --pid="$penstock" &
    children+=($!)
    wait "$penstock" || die "penstock ended with status $?; its log is $log"
}
