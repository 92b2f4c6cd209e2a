# shellcheck shell=bash
# For bats: a server of our own for one test file or one test.
#
#   load ../helpers/origin
#   setup() { origin_start; }        # ORIGIN_URL, ORIGIN_PORT, ORIGIN_LOG
#   teardown() { origin_stop; }

# origin_start [OPTION...]: starts one and waits until it listens.
origin_start() {
  local dir
  dir=$(mktemp -d "$BATS_TEST_TMPDIR/origin.XXXXXX")
  ORIGIN_LOG=$dir/log.ndjson
  "${ORIGIN:-origin}" --port-file "$dir/port" --log "$ORIGIN_LOG" "$@" \
    >"$dir/out" 2>&1 3>&- &
  ORIGIN_PID=$!
  for _ in $(seq 200); do
    [ ! -s "$dir/port" ] || break
    kill -0 "$ORIGIN_PID" || break
    sleep 0.05
  done
  ORIGIN_PORT=$(cat "$dir/port") || {
    cat "$dir/out"
    return 1
  }
  ORIGIN_URL=http://127.0.0.1:$ORIGIN_PORT
  export ORIGIN_LOG ORIGIN_PORT ORIGIN_URL
}

# Stops it, and tells its exit status.
origin_stop() {
  [ -n "${ORIGIN_PID-}" ] || return 0
  kill "$ORIGIN_PID" 2>/dev/null || true
  wait "$ORIGIN_PID"
  local status=$?
  unset ORIGIN_PID
  return $status
}

# origin_requests [GREP-PATTERN]: how many requests the log has (that match).
origin_requests() {
  grep -c -e "${1-}" "$ORIGIN_LOG"
}
