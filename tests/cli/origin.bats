#!/usr/bin/env bats
# The tests' own server: what the other tests take for granted.

load ../helpers/origin

setup() {
  origin_start
}

teardown() {
  origin_stop
}

get() {
  curl -sS -m 10 "$@"
}

# fails_with CODE URL: curl's exit status, 56 is a reset, 52 an empty reply
fails_with() {
  run curl -sS -m 2 -o /dev/null "$ORIGIN_URL$2"
  [ "$status" -eq "$1" ]
}

@test "origin: a body has the bytes that were asked for, whole or in parts" {
  cd "$BATS_TEST_TMPDIR"
  get "$ORIGIN_URL/bytes/100000" >whole
  [ "$(wc -c <whole)" -eq 100000 ]
  get -r 0-49999 "$ORIGIN_URL/bytes/100000" >parts
  get -r 50000- "$ORIGIN_URL/bytes/100000/name.bin" >>parts
  cmp whole parts
  get "$ORIGIN_URL/chunked/100000/777" | cmp whole -
  get --compressed "$ORIGIN_URL/gzip/100000" | cmp whole -
  get "$ORIGIN_URL/drip/100/1ms/10" | cmp -n 100 whole -
}

@test "origin: ranges beyond the end, and conditions, are honoured" {
  run get -o /dev/null -w '%{http_code}' -r 100- "$ORIGIN_URL/bytes/100"
  [ "$output" = 416 ]
  run get -o /dev/null -w '%{http_code}' -H 'If-None-Match: "bytes-100"' \
    "$ORIGIN_URL/bytes/100"
  [ "$output" = 304 ]
  run get -o /dev/null -w '%{http_code}' -r 5- -H 'If-Range: "other"' \
    "$ORIGIN_URL/bytes/100"
  [ "$output" = 200 ]
}

@test "origin: statuses come in the order asked for, and the last stays" {
  codes=
  for _ in 1 2 3 4; do
    codes="$codes $(get -o /dev/null -w '%{http_code}' \
      "$ORIGIN_URL/status/503,429,200")"
  done
  [ "$codes" = " 503 429 200 200" ]
}

@test "origin: Retry-After comes with errors only" {
  run get -i "$ORIGIN_URL/status/503,200?retry-after=7"
  [[ "$output" == *"Retry-After: 7"* ]]
  run get -i "$ORIGIN_URL/status/503,200?retry-after=7"
  [[ "$output" != *"Retry-After"* ]]
}

@test "origin: echo shows the method, the headers and the body" {
  run get -X PATCH -H 'X-Test: "quoted"' -d 'a=1' "$ORIGIN_URL/echo?q=1"
  [[ "$output" == *'"method":"PATCH","target":"/echo?q=1"'* ]]
  [[ "$output" == *'"x-test":"\"quoted\""'* ]]
  [[ "$output" == *'"body_bytes":3,"body":"a=1"'* ]]
}

@test "origin: what is stored comes back, however it was framed" {
  cd "$BATS_TEST_TMPDIR"
  get "$ORIGIN_URL/bytes/3M" >file
  get -T file "$ORIGIN_URL/store/one"
  get -T - "$ORIGIN_URL/store/two" <file
  get "$ORIGIN_URL/store/one" | cmp file -
  get "$ORIGIN_URL/store/two" | cmp file -
  get -X DELETE "$ORIGIN_URL/store/two"
  run get -f "$ORIGIN_URL/store/two"
  [ "$status" -eq 22 ]
}

@test "origin: connections are reused, and the log tells" {
  get "$ORIGIN_URL/ok" "$ORIGIN_URL/ok?second"
  run origin_requests '"connection":1,'
  [ "$output" -eq 2 ]
  run origin_requests '"request":2,"method":"GET","target":"/ok?second"'
  [ "$output" -eq 1 ]
}

@test "origin: redirects, cookies and passwords" {
  run get -L -w ' %{num_redirects}' "$ORIGIN_URL/redirect/3"
  [ "$output" = $'ok\n 3' ]
  fails_with 0 /redirect-loop
  run get -L -o /dev/null "$ORIGIN_URL/redirect-loop"
  [ "$status" -eq 47 ]
  run get -c /dev/null -L -b '' "$ORIGIN_URL/cookie/set?a=1" \
    "$ORIGIN_URL/cookie/echo"
  [ "$output" = "a=1" ]
  run get -f -u user:secret "$ORIGIN_URL/auth/basic/user/secret"
  [ "$status" -eq 0 ]
  run get -f -u user:wrong "$ORIGIN_URL/auth/basic/user/secret"
  [ "$status" -eq 22 ]
}

@test "origin: it misbehaves as told" {
  fails_with 28 "/stall/5"
  fails_with 56 "/reset"
  fails_with 56 "/reset/1000"
  fails_with 52 "/close"
  fails_with 18 "/truncate/100/50"
  fails_with 18 "/chunked-truncated"
  fails_with 56 "/chunked-bad"
  fails_with 8 "/bad-header"
  fails_with 1 "/garbage"
  fails_with 0 "/ok"
}

@test "origin: it knows how many were there at once" {
  get -Z --parallel-immediate -o /dev/null "$ORIGIN_URL/inflight/a?for=300ms" \
    -o /dev/null "$ORIGIN_URL/inflight/a?for=300ms"
  run get "$ORIGIN_URL/inflight/a?peek=1"
  [ "$output" = 2 ]
}

@test "origin: a Unix socket will do" {
  origin_stop
  socket=$BATS_TEST_TMPDIR/socket
  origin_start --unix "$socket"
  run get --unix-socket "$socket" http://localhost/ok
  [ "$output" = ok ]
}

@test "origin: SIGTERM ends it, idle and stalled connections or not" {
  curl -sS -m 20 -o /dev/null "$ORIGIN_URL/stall/5" 3>&- &
  client=$!
  until origin_requests stall; do sleep 0.05; done
  SECONDS=0
  origin_stop
  [ "$SECONDS" -lt 5 ]
  wait "$client" || client=
  [ -z "$client" ]
}
