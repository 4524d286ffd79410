#!/usr/bin/env bash
# Checks form and types of everything in the project: prettier, eslint, tsc, shellcheck. Run by
# `npm run lint`, which installs the tools first. Each check runs even when one before it failed.
set -Eeuo pipefail

status=0
check() {
  echo "lint: $*"
  "$@" || status=1
}

mapfile -t scripts < <(git ls-files --cached --others --exclude-standard '*.sh' .ci/run)
check prettier --check .
check eslint .
check tsc --noEmit --project .
check shellcheck "${scripts[@]}"
exit "$status"
