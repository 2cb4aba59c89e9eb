# bash completion for penstockctl
_penstockctl() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    case $before in
    --socket | --verify | --output) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    log-level) mapfile -t COMPREPLY < <(compgen -W "notice info debug" -- "$word") ;;
    top) mapfile -t COMPREPLY < <(compgen -W "--once --json --interval" -- "$word") ;;
    compliance) mapfile -t COMPREPLY < <(compgen -W "--config --json" -- "$word") ;;
    import) mapfile -t COMPREPLY < <(compgen -f -W "--from --output --verbose" -- "$word") ;;
    --from) mapfile -t COMPREPLY < <(compgen -W "stubby unbound dnsdist coredns smartdns" -- "$word") ;;
    --config) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    status | stats | limits | networks) mapfile -t COMPREPLY < <(compgen -W "--json" -- "$word") ;;
    attest) mapfile -t COMPREPLY < <(compgen -W "--json --check --verify" -- "$word") ;;
    flush) mapfile -t COMPREPLY < <(compgen -W "--below" -- "$word") ;;
    *) mapfile -t COMPREPLY < <(compgen -W "status stats top upstreams healthcheck reload drain log-level flush limits networks attest compliance import
        --socket --json --help --version" -- "$word") ;;
    esac
}
complete -F _penstockctl penstockctl
