# fish completion for penstockctl
complete -c penstockctl -f
complete -c penstockctl -n __fish_use_subcommand -a status -d 'is it well, what is wrong, what to do'
complete -c penstockctl -n __fish_use_subcommand -a stats -d 'every counter and what it means'
complete -c penstockctl -n __fish_use_subcommand -a upstreams -d 'the table of upstreams'
complete -c penstockctl -n __fish_use_subcommand -a healthcheck -d 'exit status 0 healthy, 1 not'
complete -c penstockctl -n __fish_use_subcommand -a reload -d 'read the configuration again'
complete -c penstockctl -n __fish_use_subcommand -a drain -d 'answer what is in flight, then end'
complete -c penstockctl -n __fish_use_subcommand -a log-level -d 'the lowest severity that is logged'
complete -c penstockctl -n '__fish_seen_subcommand_from log-level' -a 'notice info debug'
complete -c penstockctl -n '__fish_seen_subcommand_from status stats' -l json -d 'as JSON'
complete -c penstockctl -l socket -r -F -d 'where the control socket is'
complete -c penstockctl -s h -l help -d 'print help'
complete -c penstockctl -s V -l version -d 'print the version'
