#!/bin/sh
# build.sh FILE - QEMU's LEON3 board with the devices it lacks, as program FILE
#
# Source: Debian's tarball of QEMU 7.2, fetched by tools/fetch.sh; or QEMU_TARBALL, a tarball of 7.2 or 10.0 (which wants
# meson 1.5 and python3-pycotap installed). A patch connects the new files below device/ to the board. Only the SPARC
# system emulator is built. The program is kept in ${XDG_CACHE_HOME:-~/.cache}/xm/qemu under a digest of everything it is
# made from: what was built once is only copied. The build's own tree is removed again, its log stays: build.log there.
# Exit status 3: the source, or what building it needs, cannot be had here (no network); 1: anything else went wrong.
set -eu

target=${1:?usage: build.sh FILE}
here=$(dirname "$0")
root=$here/../..
cache=${XDG_CACHE_HOME:-$HOME/.cache}/xm/qemu
jobs=${JOBS:-$(nproc)}

die()
{
    echo "build.sh: $*" >&2
    exit 1
}

cannot_be_had()
{
    echo "build.sh: $*" >&2
    exit 3
}

# A wanted part of QEMU is named; everything else is off. TAP, socket and the UNIX back ends need no name.
configure_line="--target-list=sparc-softmmu --without-default-features --enable-system --enable-tcg --enable-slirp
    --disable-docs --disable-werror --disable-install-blobs --disable-fdt"

tarball=${QEMU_TARBALL:-}
if [ -z "$tarball" ]; then
    tarball=$("$root/tools/fetch.sh" --tarball qemu) || cannot_be_had "no source of QEMU"
fi
[ -f "$tarball" ] || die "there is no tarball $tarball"

# The name of a file counts, not where the tree is.
key=$({
    sha256sum < "$tarball"
    echo "$configure_line"
    cd "$here"
    find device qemu-*.patch -type f | LC_ALL=C sort | xargs sha256sum
} | sha256sum | cut -c 1-16)
program=$cache/$key/qemu-system-sparc

# Also when the machine's libraries have changed since.
is_usable()
{
    [ -x "$program" ] && "$program" --version >/dev/null 2>&1
}

build()
{
    "$root/tools/install-deps.sh" qemu >&2 || cannot_be_had "not all that building QEMU needs"
    tree=$cache/.build.$$
    trap 'rm -rf "$tree"' EXIT
    trap 'exit 1' HUP INT TERM
    mkdir -p "$tree"
    # The firmware of other machines is a third of the tarball.
    tar -xf "$tarball" -C "$tree" --strip-components=1 --exclude='*/roms/*' || die "cannot unpack $tarball"
    version=$(cat "$tree/VERSION")
    # Its own Python and Meson are the distribution's: not those of a version manager that comes first on the path.
    case $version in
    7.2.*) patch=qemu-7.2.patch tool="--meson=$(PATH=/usr/bin:$PATH command -v meson)" ;;
    10.0.*) patch=qemu-10.0.patch tool=--python=/usr/bin/python3 ;;
    *) die "no patch for QEMU $version; 7.2 and 10.0 have one" ;;
    esac
    patch -d "$tree" -p1 -s --fuzz=0 < "$here/$patch" || die "$patch does not fit QEMU $version"
    cp -R "$here/device/." "$tree"
    mkdir "$tree/build"
    echo "build.sh: building QEMU $version with the devices of tests/qemu, some 3 minutes" >&2
    # shellcheck disable=SC2086  # a list of words is meant
    if ! (cd "$tree/build" && PATH=/usr/bin:$PATH && ../configure $configure_line "$tool" &&
        ninja -j "$jobs" qemu-system-sparc && strip qemu-system-sparc) > "$cache/build.log" 2>&1 </dev/null; then
        tail -n 20 "$cache/build.log" >&2
        die "QEMU was not built; see $cache/build.log"
    fi
    mkdir -p "$cache/$key"
    cp "$tree/build/qemu-system-sparc" "$program.part"
    mv "$program.part" "$program"
    is_usable || die "$program does not run"
}

mkdir -p "$cache"
if ! is_usable; then
    # One build at a time per user; who waited finds it done.
    exec 9>"$cache/lock"
    flock -w 1200 9 || die "another build.sh holds $cache/lock for 20 minutes; end it and try again"
    is_usable || build
fi
if ! cmp -s "$program" "$target"; then
    mkdir -p "$(dirname "$target")"
    cp "$program" "$target.part"
    mv "$target.part" "$target"
fi
