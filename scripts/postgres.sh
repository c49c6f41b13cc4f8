#!/bin/sh
# Make sure that the tests of the ledger find a PostgreSQL: the one that PPKIT_TEST_POSTGRES_URL names, the binaries on
# the machine, else Debian's package (as root, or where sudo asks for no password). Where none of that is to be had,
# those tests are skipped, and say so. The tests look in the same order (tests/postgres_server.py).
set -eu
if [ -n "${PPKIT_TEST_POSTGRES_URL:-}" ] || command -v postgres >/dev/null 2>&1; then
    exit 0
fi
for found in /usr/lib/postgresql/*/bin/postgres; do
    if [ -x "$found" ]; then
        exit 0
    fi
done
command -v apt-get >/dev/null 2>&1 || exit 0
if [ "$(id -u)" = 0 ]; then
    as_root() { "$@"; }
elif sudo -n true >/dev/null 2>&1; then
    as_root() { sudo -n "$@"; }
else
    exit 0
fi

# The tests start servers of their own: the package need not leave one running on the machine.
unasked=/etc/postgresql-common/createcluster.d/ppkit-tests.conf
forget_it() {
    as_root rm -f "$unasked"
    as_root rmdir --ignore-fail-on-non-empty "${unasked%/*}"
}
trap forget_it EXIT
as_root mkdir -p "${unasked%/*}"
echo "create_main_cluster = false" | as_root tee "$unasked" >/dev/null

install() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >/dev/null 2>&1
}
echo "Installing PostgreSQL (Debian's package)"
install || { as_root apt-get update -qq >/dev/null 2>&1 && install; } ||
    echo "PostgreSQL could not be installed; its tests will be skipped."
