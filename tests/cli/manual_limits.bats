#!/usr/bin/env bats
# asynctool-fetch(1): never too many (-j, --per-host), never too fast (--rate),
# and when to stop.
load helper

setup() {
  begin
  start_origin
}

teardown() {
  stop_all
}

# The most that were there at once.
most() {
  curl -sf "$ORIGIN_URL/inflight/$1?peek=1"
}

inflight() { # N KEY [HOST]
  local i
  for ((i = 0; i < $1; i++)); do
    echo "http://${3:-127.0.0.1}:$ORIGIN_PORT/inflight/$2?for=60ms&n=$i"
  done
}

# starts [PATTERN]: when requests came, in ms from the first
starts() {
  jq -s "[.[] | select(.target | test(\"${1:-.}\")) | .ms] | sort |
    .[0] as \$first | map(. - \$first)" "$ORIGIN_LOG"
}

@test "limits: -j is never exceeded, and is used" {
  inflight 40 j >list
  fetch 0 -j 7 --discard --ndjson list
  total 40
  is "$(most j)" 7
}

@test "limits: -j 1 is one after the other" {
  inflight 6 one >list
  fetch 0 -j 1 --discard list
  is "$(most one)" 1
}

@test "limits: --per-host holds for each destination" {
  {
    inflight 12 a 127.0.0.1
    inflight 12 b localhost
  } >list
  fetch 0 -j 20 --per-host 3 --discard --ndjson -4 list
  total 24
  is "$(most a)" 3
  is "$(most b)" 3
}

@test "limits: a slow host does not stop the others" {
  {
    urls 10 /stall
    for i in 1 2 3 4 5; do echo "http://localhost:$ORIGIN_PORT/ok/$i"; done
  } >list
  fetch 3 -j 4 --per-host 2 -4 --discard --ndjson --deadline 800ms list
  is "$(records 'select(.outcome == "ok") | .seq' | wc -l)" 5
}

@test "limits: --rate is exact, also in parallel" {
  urls 11 >list
  fetch 0 -j 20 --rate 20/s --discard list
  # 50 ms from one to the next; the first is late by the time to connect.
  is "$(starts | jq 'length == 11 and .[10] >= 440 and .[10] < 3000')" true
  is "$(starts | jq '. as $t | all(range(2; 11); $t[.] > 50 * . - 60)')" true
}

@test "limits: --rate with a burst starts that many at once" {
  urls 10 >list
  fetch 0 -j 20 --rate 10/s,burst=7 --discard list
  is "$(starts | jq '.[6] < 400 and .[9] >= 250')" true
}

@test "limits: --rate-per-host is each host's own" {
  {
    urls 5 /ok/a
    for i in 1 2 3 4 5; do echo "http://localhost:$ORIGIN_PORT/ok/b/$i"; done
  } >list
  fetch 0 -j 20 -4 --rate-per-host 10/s --discard list
  is "$(starts /ok/a | jq '.[4] >= 340')" true
  is "$(starts /ok/b | jq '.[4] >= 340')" true
  is "$(starts | jq '.[9] < 850')" true
}

@test "limits: --rate counts retries, too" {
  urls 4 /status/503,200 >list
  fetch 0 -j 10 --rate 10/s --backoff 1ms --discard list
  is "$(starts | jq 'length == 8 and .[7] >= 640')" true
}

@test "limits: --adaptive sends less to a host that says 503" {
  # All come at once first; later ones find the limit halved.
  for i in {1..60}; do
    echo "$ORIGIN_URL/inflight/x?for=30ms&n=$i"
    echo "$ORIGIN_URL/status/503?n=$i&delay=10ms"
  done >list
  fetch 1 -j 60 --retries 0 --discard list
  with=$(most x)
  stop_all
  start_origin
  sed -i -E "s,http://[^/]*,$ORIGIN_URL," list
  fetch 1 -j 60 --retries 0 --no-adaptive --discard list
  [ "$with" -le "$(most x)" ]
}

# When to stop.

@test "stop: --fail-fast cancels what runs and skips the rest, status 3" {
  {
    echo "$ORIGIN_URL/status/404?delay=100ms"
    urls 4 /stall
  } >list
  fetch 3 -j 3 --retries 0 --fail-fast --discard --ndjson list
  total 5
  is "$(records .outcome | sort | uniq -c | tr -s ' \n' ' ')" \
    " 2 canceled 1 failed 2 skipped "
}

@test "stop: --max-failures stops after so many" {
  urls 50 /status/404 >list
  fetch 3 -j 1 --retries 0 --max-failures 3 --discard --ndjson list
  total 50
  is "$(records 'select(.outcome == "failed") | .seq' | wc -l)" 3
  is "$(wc -l <"$ORIGIN_LOG")" 3
}

@test "stop: --max-failures of a run with fewer is status 1" {
  urls 3 /status/404 >list
  fetch 1 --retries 0 --max-failures 5 --discard list
}

@test "stop: --max-failures in percent" {
  {
    urls 50
    urls 150 /status/404
  } >list
  fetch 3 -j 1 --retries 0 --max-failures 20% --discard --ndjson list
  total 200
  failed=$(records 'select(.outcome == "failed") | .seq' | wc -l)
  [ "$failed" -ge 10 ]
  [ "$failed" -le 30 ]
}

@test "stop: --first N is enough, and status 0" {
  {
    urls 2 /stall
    urls 10
  } >list
  fetch 0 -j 3 --first 2 --discard --ndjson list
  [ "$(records 'select(.outcome == "ok") | .seq' | wc -l)" -ge 2 ]
  every '.outcome != "failed"'
  total 12
}

@test "stop: --first that is not reached is what the rest says" {
  fetch 1 --first 2 --retries 0 --discard "$ORIGIN_URL/ok" \
    "$ORIGIN_URL/status/404"
}

@test "stop: --deadline cancels what runs, the rest is skipped, status 3" {
  {
    urls 2
    urls 10 /stall
  } >list
  fetch 3 -j 2 --deadline 400ms --discard --ndjson list
  total 12
  is "$(records .outcome | sort | uniq -c | tr -s ' \n' ' ')" \
    " 2 canceled 2 ok 8 skipped "
}

@test "stop: --deadline ends a wait for a retry" {
  fetch 1 --deadline 300ms --backoff 20s --jitter none --discard --ndjson \
    "$ORIGIN_URL/status/503"
  total 1
  every '.outcome == "failed" and .status == 503 and .duration_ms < 10000'
}

@test "stop: --keep-order holds also when the run is stopped" {
  {
    urls 1 /stall
    urls 8
  } >list
  fetch 3 -j 3 --deadline 300ms --keep-order --discard --ndjson list
  is "$(records .seq | tr '\n' ' ')" "0 1 2 3 4 5 6 7 8 "
}
