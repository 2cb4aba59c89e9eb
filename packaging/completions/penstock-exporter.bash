# bash completion for penstock-exporter
_penstock_exporter() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    case $before in
    --control) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    --user) mapfile -t COMPREPLY < <(compgen -u -- "$word") ;;
    --events) mapfile -t COMPREPLY < <(compgen -W "json dnstap" -- "$word") ;;
    --output) mapfile -t COMPREPLY < <(compgen -f -W "unix: tcp:" -- "$word") ;;
    --listen | --host) COMPREPLY=() ;;
    *) mapfile -t COMPREPLY < <(compgen -W "--control --listen --host --user --events --output --once --describe --help --version" -- "$word") ;;
    esac
}
complete -F _penstock_exporter penstock-exporter
