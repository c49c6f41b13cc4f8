#!/bin/sh
# Make sure that browser tests find a Chromium: the one on the machine, else Debian's package (when root),
# else Playwright's own download. ppkit's tests look in the same order (tests/browser.py).
set -eu
for name in chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$name" >/dev/null 2>&1; then
        exit 0
    fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium (Debian's package)"
    if apt-get install -y -qq --no-install-recommends chromium >/dev/null 2>&1 ||
        { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; }; then
        exit 0
    fi
fi
echo "Installing Chromium (Playwright's download)"
.venv/bin/playwright install chromium
