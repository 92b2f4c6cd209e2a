# shellcheck shell=bash
# For bats: DNS servers of our own for one test file or one test.
#
#   load ../helpers/responder
#   setup() { responder_start; }     # RESPONDER, RESPONDER_PORT, RESPONDER_LOG
#   teardown() { responder_stop; }

RESPONDER_PIDS=()

# responder_start [OPTION...]: starts one more and waits until it listens. The
# variables are those of the last.
responder_start() {
  local dir
  dir=$(mktemp -d "$BATS_TEST_TMPDIR/responder.XXXXXX")
  RESPONDER_LOG=$dir/log.ndjson
  "${RESPONDER_PROGRAM:-responder}" --port-file "$dir/port" \
    --log "$RESPONDER_LOG" "$@" >"$dir/out" 2>&1 3>&- &
  RESPONDER_PIDS+=($!)
  for _ in $(seq 200); do
    [ ! -s "$dir/port" ] || break
    kill -0 "${RESPONDER_PIDS[-1]}" || break
    sleep 0.05
  done
  RESPONDER_PORT=$(cat "$dir/port") || {
    cat "$dir/out"
    return 1
  }
  RESPONDER=127.0.0.1:$RESPONDER_PORT
  export RESPONDER RESPONDER_PORT RESPONDER_LOG
}

# Stops all of them; fails if one of them ended badly.
responder_stop() {
  local pid status=0
  for pid in ${RESPONDER_PIDS[@]+"${RESPONDER_PIDS[@]}"}; do
    kill "$pid" 2>/dev/null || true
    wait "$pid" || status=$?
  done
  RESPONDER_PIDS=()
  return $status
}

# responder_queries [GREP-PATTERN]: how many queries the log has (that match).
responder_queries() {
  grep -c -e "${1-}" "$RESPONDER_LOG"
}
