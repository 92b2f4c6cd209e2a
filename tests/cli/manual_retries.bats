#!/usr/bin/env bats
# asynctool-fetch(1), "Retries".
load helper

setup() {
  begin
  start_origin
}

teardown() {
  stop_all
}

hits() {
  wc -l <"$ORIGIN_LOG"
}

# gap N: ms between request N and N + 1, from 0
gap() {
  jq -s "map(.ms) | .[$1 + 1] - .[$1] | floor" "$ORIGIN_LOG"
}

@test "retries: a request that failed is tried again, up to --retries times" {
  fetch 1 --discard --ndjson --retries 2 --backoff 1ms "$ORIGIN_URL/status/503"
  is "$(hits)" 3
  one_error http
  every '.attempts == 3 and .error.code == 503'
}

@test "retries: the statuses of the default list, and no others" {
  for code in 408 425 429 500 502 503 504 520 524; do
    fetch 0 --discard --ndjson --backoff 1ms "$ORIGIN_URL/status/$code,200"
    every '.attempts == 2'
  done
  for code in 400 401 403 404 410 501 505 525; do
    fetch 1 --discard --ndjson --backoff 1ms "$ORIGIN_URL/status/$code,200"
    every '.attempts == 1'
  done
}

@test "retries: a connection that is refused, reset, closed or cut short" {
  for path in reset close truncate/1000/10 chunked-truncated; do
    fetch 1 --discard --ndjson --retries 1 --backoff 1ms "$ORIGIN_URL/$path"
    every '.attempts == 2 and (.retries | length) == 1'
  done
  port=$(free_ports 1)
  fetch 1 --discard --ndjson --retries 1 --backoff 1ms "http://127.0.0.1:$port/"
  every '.attempts == 2 and .error.kind == "connect"'
}

@test "retries: a timeout" {
  fetch 1 --discard --ndjson --retries 1 --backoff 1ms --timeout 150ms \
    "$ORIGIN_URL/stall"
  every '.attempts == 2 and .outcome == "timeout"'
}

@test "retries: what another time cannot change is not tried again" {
  for path in garbage chunked-bad redirect-loop; do
    fetch 1 --discard --ndjson --backoff 1ms "$ORIGIN_URL/$path"
    every '.attempts == 1'
  done
}

@test "retries: --retry-on chooses, ! takes out" {
  fetch 0 --discard --ndjson --backoff 1ms --retry-on 404 \
    "$ORIGIN_URL/status/404,200"
  fetch 1 --discard --ndjson --backoff 1ms --retry-on 404 \
    "$ORIGIN_URL/status/503,200"
  fetch 0 --discard --ndjson --backoff 1ms --retry-on 5xx \
    "$ORIGIN_URL/status/501,200"
  fetch 0 --discard --ndjson --backoff 1ms --retry-on 'all,!503' \
    "$ORIGIN_URL/status/404,200?key=all"
  fetch 1 --discard --ndjson --backoff 1ms --retry-on 'all,!503' \
    "$ORIGIN_URL/status/503,200?key=not"
  fetch 2 --retry-on whenever "$ORIGIN_URL/ok"
}

@test "retries: --backoff grows by its factor up to its maximum" {
  fetch 1 --discard --retries 3 --jitter none --backoff 100ms,3,200ms \
    "$ORIGIN_URL/status/503"
  is "$(hits)" 4
  [ "$(gap 0)" -ge 99 ]
  [ "$(gap 0)" -lt 199 ]
  [ "$(gap 1)" -ge 199 ]
  [ "$(gap 2)" -ge 199 ]
  [ "$(gap 2)" -lt 399 ]
}

@test "retries: with full jitter the wait is between 0 and that" {
  fetch 1 --discard --retries 4 --backoff 100ms,1,100ms "$ORIGIN_URL/status/503"
  is "$(jq -s 'map(.ms) | [range(1; length) as $i | .[$i] - .[$i - 1]] |
    all(.[]; . < 400) and add < 1000' "$ORIGIN_LOG")" true
}

@test "retries: Retry-After in seconds makes the wait longer" {
  fetch 0 --discard --ndjson --backoff 1ms \
    "$ORIGIN_URL/status/503,200?retry-after=1"
  [ "$(gap 0)" -ge 990 ]
}

@test "retries: Retry-After as a date makes the wait longer" {
  fetch 0 --discard --ndjson --backoff 1ms \
    "$ORIGIN_URL/status/429,200?retry-after-date=2"
  [ "$(gap 0)" -ge 900 ]
}

@test "retries: Retry-After holds up all requests to that origin, and no other" {
  {
    echo "$ORIGIN_URL/status/429,200?retry-after=1"
    urls 6
    for i in 1 2 3; do echo "http://localhost:$ORIGIN_PORT/ok/other/$i"; done
  } >list
  fetch 0 -4 -j 1 --discard --ndjson --backoff 1ms list
  is "$(requests 'select(.ms > 900) | .target' | grep -c '^/ok/[0-9]')" 6
  first=$(requests .ms | head -n 1)
  is "$(jq -s "map(select(.target | test(\"other\"))) |
    all(.[]; .ms < $first + 900)" "$ORIGIN_LOG")" true
}

@test "retries: Retry-After beyond --retry-after-max is the end of the entry" {
  fetch 1 --discard --ndjson --backoff 1ms --retry-after-max 1s \
    "$ORIGIN_URL/status/503,200?retry-after=2"
  is "$(hits)" 1
  one_error http
}

@test "retries: a POST is not repeated" {
  fetch 1 --discard --ndjson --backoff 1ms -d a=b "$ORIGIN_URL/status/503,200"
  is "$(hits)" 1
  fetch 1 --discard --ndjson --backoff 1ms -X PATCH \
    "$ORIGIN_URL/status/503,200?key=patch"
  is "$(hits)" 2
}

@test "retries: a POST is repeated with --retry-unsafe or an Idempotency-Key" {
  fetch 0 --discard --ndjson --backoff 1ms --retry-unsafe -d a=b \
    "$ORIGIN_URL/status/503,200?key=unsafe"
  fetch 0 --discard --ndjson --backoff 1ms -H 'Idempotency-Key: 1' -d a=b \
    "$ORIGIN_URL/status/503,200?key=key"
  is "$(requests .body_bytes | tr '\n' ' ')" "3 3 3 3 "
}

@test "retries: HEAD, PUT, DELETE and OPTIONS are repeated" {
  for method in HEAD PUT DELETE OPTIONS; do
    fetch 0 --discard --ndjson --backoff 1ms -X "$method" \
      "$ORIGIN_URL/status/503,200?key=$method"
  done
}

@test "retries: --retry-budget keeps them from becoming a storm" {
  urls 100 /status/503 >list
  fetch 1 -j 10 --discard --ndjson --backoff 1ms,1,1ms --no-adaptive list
  total 100
  [ "$(hits)" -le 120 ]
  stop_all
  start_origin
  urls 20 /status/503 >list
  fetch 1 -j 10 --discard --ndjson --backoff 1ms,1,1ms --no-adaptive \
    --retry-budget 0 list
  is "$(hits)" 80
}

@test "retries: --breaker leaves a destination alone" {
  urls 20 /status/500 >list
  fetch 1 -j 1 --retries 0 --breaker 3,60s --discard --ndjson list
  total 20
  is "$(hits)" 3
  is "$(records 'select(.error.kind == "limit") | .seq' | wc -l)" 17
  every '.error.kind != "limit" or .attempts == 0'
}

@test "retries: a kept connection that was closed is not counted as an attempt" {
  # The second request goes out on the connection that the origin has closed.
  urls 30 '/ok' | sed 's,$,?close=1,' >list
  fetch 0 -j 4 --retries 0 --discard --ndjson list
  every '.attempts == 1'
}

@test "retries: a request that waits takes the place of no other" {
  {
    urls 3 /status/503,200
    urls 5
  } >list
  fetch 0 -j 1 --discard --ndjson --backoff 500ms --jitter none list
  # All others came before the first retry.
  is "$(requests .target | head -n 8 | grep -c '^/ok')" 5
}

@test "retries: an entry keeps one file, of the attempt that succeeded" {
  fetch 0 --ndjson --backoff 1ms "$ORIGIN_URL/status/503,503,200"
  is "$(cat "$(records .file)")" "status 200"
  is "$(find . -type f -name '*200*' | wc -l)" 1
  no_leftovers
}
