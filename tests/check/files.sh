# shellcheck shell=sh
# Sourced by the checks: goes to the top of the tree and lists its files.
# The tree need not be a git repository.

cd "$(dirname "$0")/../.." || exit 1

# find_files FIND-TEST...: paths below ., without what was built.
find_files() {
  find . \( -path ./build -o -path ./.git \) -prune -o -type f \( "$@" \) \
    -print | sed 's|^\./||' | LC_ALL=C sort
}

c_files() {
  find_files -name '*.c' -o -name '*.h'
}

# need TOOL...: skips the check, loudly, where a tool is not installed.
need() {
  for tool; do
    if ! command -v "$tool" >/dev/null 2>&1; then
      echo "$tool is not installed (./bootstrap test installs it)"
      exit 77
    fi
  done
}

processors() {
  getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2
}
