# bash completion for penstockctl
_penstockctl() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    case $before in
    --socket | --verify | --key | --head-of | --output) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    log-level) mapfile -t COMPREPLY < <(compgen -W "notice info debug" -- "$word") ;;
    top) mapfile -t COMPREPLY < <(compgen -W "--once --json --interval" -- "$word") ;;
    compliance) mapfile -t COMPREPLY < <(compgen -W "--config --json" -- "$word") ;;
    import) mapfile -t COMPREPLY < <(compgen -f -W "--from --output --verbose" -- "$word") ;;
    --from) mapfile -t COMPREPLY < <(compgen -W "stubby unbound dnsdist coredns smartdns" -- "$word") ;;
    --config) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    status | stats | limits | networks) mapfile -t COMPREPLY < <(compgen -W "--json" -- "$word") ;;
    audit) mapfile -t COMPREPLY < <(compgen -W "verify" -- "$word") ;;
    verify) mapfile -t COMPREPLY < <(compgen -f -W "--key --head --head-of --after --json" -- "$word") ;;
    --head | --after) COMPREPLY=() ;;
    attest) mapfile -t COMPREPLY < <(compgen -W "--json --check --verify" -- "$word") ;;
    flush) mapfile -t COMPREPLY < <(compgen -W "--below" -- "$word") ;;
    *)
        if [[ " ${COMP_WORDS[*]} " == *" audit verify "* ]]; then
            mapfile -t COMPREPLY < <(compgen -f -W "--key --head --head-of --after --json" -- "$word")
            return
        fi
        mapfile -t COMPREPLY < <(compgen -W "status stats top upstreams healthcheck reload drain log-level flush limits networks attest compliance import audit
        --socket --json --help --version" -- "$word") ;;
    esac
}
complete -F _penstockctl penstockctl
