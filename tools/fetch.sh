#!/bin/sh
# fetch.sh NAME - bring third-party source NAME to $BUILD/third_party/NAME (BUILD: default "build")
# fetch.sh --tarball NAME - only to the cache; print the tarball's path
#
# Nothing foreign is kept in the repository: the upstream tarball of a Debian source package is fetched with the machine's
# own package lists, compared with the digest below, kept in ${XDG_CACHE_HOME:-~/.cache}/xm and unpacked. A tarball that is
# already in the cache needs no network; without one, put it there by hand. Running it again, or twice at once, is harmless.
# APT_ETC (default /etc/apt) says where the package lists are.
set -eu

unpack=yes
if [ "${1:-}" = --tarball ]; then
    unpack=no
    shift
fi
name=${1:-}
case $name in
lwip)
    file=lwip_2.1.3+dfsg1.orig.tar.xz
    digest=0a8276d09fc4e97bbba2f953d74af2388fc2195ea156be9d7589e297a68fde24 ;;
protobuf-c)
    file=protobuf-c_1.4.1.orig.tar.gz
    digest=4cc4facd508172f3e0a4d3a8736225d472418aee35b4ad053384b137b220339f ;;
bearssl)
    file=bearssl_0.6+dfsg.1.orig.tar.xz
    digest=102a625bd8f6155260867a50c508df8d8c3f796985dd744df1a68e5cd1a79004 ;;
qemu)
    file=qemu_7.2+dfsg.orig.tar.xz
    digest=91aca71520040edc40b8d437aa3004dae614f58e286cf653ee8996c07af2962f ;;
*)
    echo "fetch.sh: usage: fetch.sh [--tarball] lwip|protobuf-c|bearssl|qemu" >&2
    exit 2 ;;
esac

parent=${BUILD:-build}/third_party
tree=$parent/$name
cache=${XDG_CACHE_HOME:-$HOME/.cache}/xm
apt=$cache/apt
etc=${APT_ETC:-/etc/apt}

die()
{
    echo "fetch.sh: $*" >&2
    exit 1
}

# Digest check; a file of the right name with other content is never used.
is_good()
{
    [ -f "$1" ] && echo "$digest  $1" | sha256sum --check --status
}

# The machine's package lists again, but for sources: one-line and deb822 form.
derive_lists()
{
    rm -rf "$apt/parts"
    mkdir -p "$apt/parts" "$apt/lists/partial" "$apt/cache/archives/partial"
    find "$etc/sources.list" "$etc/sources.list.d" -name '*.list' -exec \
        sed -n 's/^[[:space:]]*deb\(-src\)\{0,1\}[[:space:]]/deb-src /p' {} + 2>/dev/null |
        sort -u > "$apt/parts/xm.list" || true
    find "$etc/sources.list.d" -name '*.sources' -exec sh -c \
        'for f; do sed "s/^[Tt]ypes:.*/Types: deb-src/" "$f"; echo; done' sh {} + \
        > "$apt/parts/xm.sources" 2>/dev/null || true
    [ -s "$apt/parts/xm.list" ] || [ -s "$apt/parts/xm.sources" ] ||
        die "$file is not in $cache, and $etc has no package list to fetch it with; copy it there (SHA-256 $digest)"
}

# Everything apt writes stays below the cache: no change to the system, no need to be root. The sandbox user could not
# write there; signature and pinned digest decide about the content.
apt_private()
{
    apt-get -q -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$apt/parts" \
        -o Dir::State::Lists="$apt/lists" -o Dir::Cache="$apt/cache" -o APT::Sandbox::User=root \
        -o Acquire::Retries=2 -o Acquire::http::Timeout=30 -o Acquire::https::Timeout=30 "$@" >>"$apt/log" 2>&1
}

download()
{
    (cd "$cache" && apt_private source --download-only --tar-only "$name") && is_good "$cache/$file"
}

fetch()
{
    [ ! -f "$cache/$file" ] || mv "$cache/$file" "$cache/$file.bad-digest"
    command -v apt-get >/dev/null ||
        die "$file is not in $cache and there is no apt-get to fetch it; copy it there (SHA-256 $digest)"
    mkdir -p "$apt"
    : > "$apt/log"
    derive_lists
    download && return
    : > "$apt/log"
    apt_private update || true # one list of several may fail; the download tells
    download && return
    if [ -f "$cache/$file" ]; then
        mv "$cache/$file" "$cache/$file.bad-digest"
        die "$file came with another SHA-256 than $digest; kept as $cache/$file.bad-digest"
    fi
    grep '^[EW]:' "$apt/log" | head -n 3 | sed 's/^/fetch.sh: apt-get: /' >&2
    die "cannot get $file; copy it to $cache (SHA-256 $digest) or see $apt/log"
}

mkdir -p "$cache"
# One fetch at a time per user, one unpacking at a time per tree: the lock ends with this process.
exec 9>"$cache/lock"
flock -w 300 9 || die "another fetch.sh holds $cache/lock for 5 minutes; end it and try again"
is_good "$cache/$file" || fetch
if [ $unpack = no ]; then
    echo "$cache/$file"
    exit 0
fi

if [ "$(cat "$tree/.digest" 2>/dev/null)" != "$digest" ]; then
    mkdir -p "$parent"
    part=$parent/.$name.$$
    trap 'rm -rf "$part"' EXIT
    mkdir "$part"
    # -m: the time of unpacking, so that make rebuilds what was made from an older tree.
    tar -xmf "$cache/$file" -C "$part" --strip-components=1 || die "cannot unpack $cache/$file"
    echo "$digest" > "$part/.digest"
    rm -rf "$tree"
    mv "$part" "$tree"
fi
