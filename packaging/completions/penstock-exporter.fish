# fish completion for penstock-exporter
complete -c penstock-exporter -f
complete -c penstock-exporter -l control -r -F -d 'where the control socket is'
complete -c penstock-exporter -l listen -x -d 'where it serves'
complete -c penstock-exporter -l host -x -d 'another name that it answers to'
complete -c penstock-exporter -l user -x -a '(__fish_complete_users)' -d 'the account to become when started as root'
complete -c penstock-exporter -l events -x -a 'json dnstap' -d 'write events'
complete -c penstock-exporter -l output -r -F -d 'where events are written to'
complete -c penstock-exporter -l once -d 'print what would be scraped now, and end'
complete -c penstock-exporter -l describe -d 'print every metric with its meaning'
complete -c penstock-exporter -s h -l help -d 'print help'
complete -c penstock-exporter -s V -l version -d 'print the version'
