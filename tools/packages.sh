# shellcheck shell=bash
# packages.sh - get what ./dev needs from the system's own package sources, by name
#
# As root what is missing is installed; otherwise the apt-get line to run is printed. Nothing is asked.
# want … and want_program … name it, get_wanted installs it all at once or says how, and stops. What the
# system's own packages cannot give is unpacked in $private, and the system stays as it is.
#
# Sourced by ./dev; uses its say, die, $logs, $private.
# shellcheck disable=SC2154

is_root() {
    [ "$(id -u)" = 0 ]
}

is_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

apt_updated=no
apt_update() {
    [ "$apt_updated" = no ] || return 0
    apt_updated=yes
    say "apt-get update"
    apt-get update -q >"$logs/apt.log" 2>&1 || { tail -n 5 "$logs/apt.log"; die "apt-get update failed"; }
}

# Whoever is not root in a system without package lists gets lists of its own here, so that the line to
# run can be printed whole. Without network the system's are taken as they are.
apt_options=()
apt_lists() {
    local state=$private/lists
    if is_root; then
        apt_update
        return
    fi
    [ "$apt_updated" = no ] || return 0
    apt_updated=yes
    [ -z "$(apt-cache madison gcc 2>/dev/null)" ] || return 0
    say "This system has no package lists; reading them into build/private."
    mkdir -p "$state/lists/partial" "$state/archives/partial"
    local options=(-o Dir::State="$state" -o Dir::State::status=/var/lib/dpkg/status -o Dir::Cache="$state")
    if apt-get "${options[@]}" -q -o Acquire::Retries=0 -o Acquire::http::Timeout=20 update >"$logs/apt.log" 2>&1 &&
        [ -n "$(apt-cache "${options[@]}" madison gcc 2>/dev/null)" ]; then
        apt_options=("${options[@]}")
    else
        say "They cannot be read ($logs/apt.log)."
    fi
}

wanted=()
want() {
    wanted+=("$@")
}

# want_program PACKAGE PROGRAM: a program whose package would start it as a service of this machine.
# So only its libraries are installed (of a virtual one the first provider); the package itself is
# unpacked in build/private.
borrowed=()
unknown=()
want_program() {
    local depends libraries
    export PATH=$PATH:$private/root/usr/sbin:$private/root/usr/bin
    ! command -v "$2" >/dev/null || return 0
    apt_lists
    borrowed+=("$1")
    if ! depends=$(apt-cache "${apt_options[@]}" depends --no-recommends --no-suggests "$1" 2>/dev/null); then
        unknown+=("$1")
        return
    fi
    libraries=$(sed -n -e 's/^ *Depends: \(lib[^<>]*\)$/\1/p' \
        -e '/^ *Depends: <lib/{n;s/^ *\(lib[^ ]*\)$/\1/p}' <<<"$depends")
    # shellcheck disable=SC2086
    want $libraries
}

# want_module PACKAGE FILE: the same for a file that such a program loads
want_module() {
    [ -e "/$2" ] || [ -e "$private/root/$2" ] || borrowed+=("$1")
}

# The library must be mbedTLS 3.6. Debian 13 has it; for Debian 12 the development package of
# Debian 13 is unpacked in build/private. The system's package sources stay as they are.
mbedtls_options=()
want_mbedtls() {
    local version
    # shellcheck disable=SC1091
    version=$(. /etc/os-release && echo "${VERSION_ID:-13}") # unstable has none
    if [ "${version%%.*}" -ge 13 ]; then
        want libmbedtls-dev
    else
        mbedtls_options=("-Dmbedtls_prefix=$private/mbedtls")
    fi
}

get_wanted() {
    local package missing=()
    for package in "${wanted[@]}"; do
        is_installed "$package" || missing+=("$package")
    done
    if [ ${#missing[@]} -gt 0 ] && ! is_root; then
        say "These packages are missing. As root:"
        say "    apt-get update && apt-get install --no-install-recommends ${missing[*]}"
        [ ${#unknown[@]} -eq 0 ] ||
            say "Then run this again: what libraries ${unknown[*]} needs is known once there are package lists."
        exit 1
    fi
    if [ ${#unknown[@]} -gt 0 ]; then
        say "The package sources know no ${unknown[*]}. It may take, as root:"
        say "    apt-get update"
        exit 1
    fi
    if [ ${#missing[@]} -gt 0 ]; then
        apt_update
        say "apt-get install ${missing[*]}"
        DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends "${missing[@]}" \
            >>"$logs/apt.log" 2>&1 || { tail -n 10 "$logs/apt.log"; die "apt-get install failed"; }
    fi
    [ ${#mbedtls_options[@]} -eq 0 ] || get_mbedtls
    for package in "${borrowed[@]}"; do
        unpack_program "$package"
    done
}

unpack_program() {
    say "unpacking $1 in build/private (it is not installed: its package would start a service)"
    mkdir -p "$private/debs" "$private/root"
    (cd "$private/debs" && rm -f "$1"_*.deb &&
        apt-get "${apt_options[@]}" -q -o APT::Sandbox::User=root download "$1") >>"$logs/apt.log" 2>&1 ||
        { tail -n 5 "$logs/apt.log"; die "download of $1 failed; it may take an apt-get update as root"; }
    dpkg-deb -x "$private/debs/${1}"_*.deb "$private/root"
}

# ---- mbedTLS for Debian 12 ----------------------------------------------------------------------

# trixie_sources: where this system takes its own release, updates and security from, as lines for the
# same of Debian 13
trixie_sources() {
    local codename
    # shellcheck disable=SC1091
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    # shellcheck disable=SC2016
    apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' 'Component: main' |
        awk -v own="$codename" -v keyring=/usr/share/keyrings/debian-archive-keyring.gpg '{
            if (!sub("^(" own "|stable|oldstable)", "trixie", $1)) next
            if ($1 !~ /^trixie(-updates|-security)?$/ || seen[$1]++) next
            print "deb [signed-by=" keyring "] " $2 " " $1 " main" }'
}

# Once a day it is looked whether there is a newer one; without network yesterday's serves.
get_mbedtls() {
    local state=$private/apt home=$private/mbedtls sources file
    [ -z "$(find "$home/.package" -mmin -1440 2>/dev/null)" ] || [ ! -e "$home/lib/libmbedtls.a" ] || return 0
    sources=$(trixie_sources)
    grep -q ' trixie main$' <<<"$sources" || die "no Debian mirror in this system's package sources"
    mkdir -p "$state/lists/partial" "$state/archives/partial"
    mbedtls_apt=(-q -o Dir::State="$state" -o Dir::State::status=/dev/null -o Dir::Cache="$state"
        -o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts=/dev/null
        -o APT::Sandbox::User=root -o Acquire::http::Timeout=20)
    if ! look_up_mbedtls "$sources" >"$logs/mbedtls.log" 2>&1; then
        [ -e "$home/lib/libmbedtls.a" ] || { tail -n 5 "$logs/mbedtls.log"; die "libmbedtls-dev cannot be looked up"; }
        say "Whether there is a newer libmbedtls-dev cannot be looked up ($logs/mbedtls.log); the one in build/private serves."
        return 0
    fi
    [ -z "${mbedtls_note:-}" ] || say "$mbedtls_note"
    file=$(apt-get "${mbedtls_apt[@]}" --print-uris download libmbedtls-dev | awk '{ print $2 }')
    if [ ! -e "$home/lib/libmbedtls.a" ] || [ "$file" != "$(cat "$home/.package" 2>/dev/null)" ]; then
        say "unpacking libmbedtls-dev of Debian 13 in build/private"
        unpack_mbedtls "$state" "$home" "$file" >>"$logs/mbedtls.log" 2>&1 ||
            { tail -n 5 "$logs/mbedtls.log"; die "download of libmbedtls-dev failed"; }
        rm -f build/*/.options # what was linked with another is built anew
    fi
    echo "$file" >"$home/.package"
}

# a mirror may lack the suites beside the release; that is said, and the release serves
look_up_mbedtls() {
    echo "$1" >"$private/apt/sources.list"
    apt-get "${mbedtls_apt[@]}" update --error-on=any && return
    grep ' trixie main$' <<<"$1" >"$private/apt/sources.list"
    apt-get "${mbedtls_apt[@]}" update --error-on=any || return
    mbedtls_note="No updates of Debian 13 where this system has its own: libmbedtls-dev comes from the release."
}

unpack_mbedtls() {
    local state=$1 home=$2 file=$3
    rm -rf "$state/unpacked" "$state"/libmbedtls-dev_*.deb "$home.new"
    (cd "$state" && apt-get "${mbedtls_apt[@]}" download libmbedtls-dev) || return
    [ -n "$file" ] && [ -e "$state/$file" ] || return
    dpkg-deb -x "$state/$file" "$state/unpacked"
    mkdir -p "$home.new/lib"
    cp -a "$state/unpacked/usr/include" "$home.new/"
    find "$state/unpacked/usr/lib" -name '*.a' -exec cp {} "$home.new/lib/" \;
    rm -rf "$home"
    mv "$home.new" "$home"
    rm -rf "${state:?}/unpacked" "${state:?}/${file:?}"
}
