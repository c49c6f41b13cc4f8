#!/bin/sh
# Make sure that browser tests find a Chromium: its headless shell from Debian (when root), else the Chromium on the
# machine, else Debian's, else Playwright's own download. Tests look in the same order (tests/conftest.py). The shell
# draws the same pages for a quarter less work: nothing composes a window that nobody sees.
set -eu
have() {
    for name in "$@"; do
        if command -v "$name" >/dev/null 2>&1; then
            return 0
        fi
    done
    return 1
}
have_chromium() {
    have chromium chromium-browser google-chrome google-chrome-stable
}
install() {
    apt-get install -y -qq --no-install-recommends "$1" >/dev/null 2>&1
}
if have chromium-headless-shell; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium (Debian's package)"
    if install chromium-headless-shell || have_chromium; then
        exit 0
    fi
    apt-get update -qq
    if install chromium-headless-shell || install chromium; then
        exit 0
    fi
fi
if have_chromium; then
    exit 0
fi
echo "Installing Chromium (Playwright's download)"
.venv/bin/playwright install chromium
