#!/bin/sh
# install-deps.sh - install what the build, the tests and the demo need and this machine lacks (Debian 12 and kin)
# install-deps.sh qemu - what building QEMU with the devices of tests/qemu needs, and nothing else
#
# Nothing missing: says nothing and touches no network. A SPARC compiler or QEMU that is on the PATH already (BCC, an own
# build) is good enough; Debian's package is then not asked for. gcc-multilib and the cross compilers exclude each other
# in Debian, so nothing is ever removed: apt is told to refuse instead.
set -eu

missing=

# A program: any of the names (first argument, separated by |) on the PATH will do.
need_program() {
    for name in $(echo "$1" | tr '|' ' '); do
        if command -v "$name" >/dev/null 2>&1; then
            return
        fi
    done
    missing="$missing $2"
}

# Libraries and Python modules, which are not on the PATH.
need_packages() {
    for package in "$@"; do
        case $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true) in
        installed) ;;
        *) missing="$missing $package" ;;
        esac
    done
}

case ${1:-} in
"")
    need_program make make
    need_program git git
    need_program xz xz-utils
    need_program gcc gcc
    need_program "sparc-gaisler-elf-gcc|${CROSS:-sparc64-linux-gnu-}gcc" gcc-sparc64-linux-gnu
    need_program qemu-system-sparc qemu-system-sparc
    need_program xmllint libxml2-utils
    need_program mypy mypy
    need_program black black
    need_program ip iproute2
    need_program groff groff-base
    need_program zsh zsh
    need_program fish fish
    need_program pkg-config pkg-config
    need_program protoc protobuf-compiler
    need_program protoc-gen-c protobuf-c-compiler
    need_program clang clang
    need_program chromium chromium
    need_program chromedriver chromium-driver
    need_program tshark tshark
    if command -v dpkg-query >/dev/null 2>&1; then
        need_packages libc6-dev libbearssl-dev libclang-rt-dev libcmocka-dev libjs-chart.js libprotobuf-c-dev libprotobuf-dev libxml2-dev \
            python3 python3-aiohttp python3-argcomplete python3-hypothesis python3-jinja2 python3-prometheus-client \
            python3-protobuf python3-psycopg2 python3-pytest python3-rich python3-selenium python3-serial python3-sqlalchemy alembic postgresql
    fi
    ;;
qemu)
    need_program xz xz-utils
    need_program patch patch
    need_program gcc gcc
    need_program make make
    need_program pkg-config pkg-config
    need_program meson meson
    need_program ninja ninja-build
    if command -v dpkg-query >/dev/null 2>&1; then
        need_packages python3 libc6-dev libglib2.0-dev libpixman-1-dev libslirp-dev zlib1g-dev
    fi
    ;;
*)
    echo "install-deps: usage: install-deps.sh [qemu]" >&2
    exit 2
    ;;
esac

if [ -z "$missing" ]; then
    exit 0
fi
if ! command -v apt-get >/dev/null 2>&1; then
    echo "install-deps: this machine has no apt-get; install the equivalents of:$missing" >&2
    exit 1
fi
sudo=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "install-deps: run this as root: apt-get install --no-install-recommends$missing" >&2
        exit 1
    fi
    sudo=sudo
fi

echo "install-deps: installing$missing"
apt() {
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 "$@" </dev/null
}
apt update
# shellcheck disable=SC2086  # a list of words is meant
if ! apt install -y --no-install-recommends --no-remove $missing; then
    echo "install-deps: apt could not install$missing (is gcc-multilib installed? it excludes the cross compiler)" >&2
    exit 1
fi
