#!/usr/bin/env bats
# Whatever an entry or a server does wrong costs that entry alone: one record
# with the kind of error and a sentence; the others go on.
load helper

setup() {
  begin
  start_origin
}

teardown() {
  stop_all
}

# bad KIND ENTRY WORDS...: it fails with that kind, one before and one after it
# succeed
bad() {
  local kind=$1 entry=$2
  shift 2
  printf '%s\n' "$ORIGIN_URL/ok/before" "$entry" "$ORIGIN_URL/ok/after" >list
  fetch 1 --ndjson --discard --retries 0 "$@" list || return
  total 3 || return
  is "$(records 'select(.outcome == "ok") | .seq' | sort | tr '\n' ' ')" \
    "0 2 " || return
  jq -c 'select(.seq == 1)' out >one
  jq '.seq = 0' one >bad.record
  one_error "$kind" bad.record || return
  # A sentence, not libcurl's number or an empty string.
  [[ $(records .error.message one) =~ [a-z]+\ [a-z]+ ]]
}

@test "bad: malformed URLs" {
  for url in 'http://' 'http://[::1' 'http://a b/' 'http://127.0.0.1:99999/' \
    'http://127.0.0.1:port/' '://x'; do
    bad input "$url" || { echo "for $url"; return 1; }
    is "$(records .input one)" "$url"
  done
}

@test "bad: schemes that are not supported" {
  for url in ftp://127.0.0.1/x file:///etc/passwd gopher://127.0.0.1/ \
    dict://127.0.0.1:1/ javascript:alert ; do
    bad input "$url" || { echo "for $url"; return 1; }
  done
}

@test "bad: NUL bytes in a line" {
  printf '%s\n%s/ok/\0x\n%s\n' "$ORIGIN_URL/ok/1" "$ORIGIN_URL" \
    "$ORIGIN_URL/ok/2" >list
  fetch 1 --ndjson --discard list
  total 3
  jq -c 'select(.seq == 1)' out >one
  is "$(records .error.kind one)" input
  has "$(records .error.message one)" NUL
  has "$(records .error.message one)" "2"
}

@test "bad: a line of 1 MB is an entry like any other" {
  {
    echo "$ORIGIN_URL/ok/1"
    printf '%s/ok/' "$ORIGIN_URL"
    head -c 1000000 /dev/zero | tr '\0' a
    printf '\n%s\n' "$ORIGIN_URL/ok/2"
  } >list
  fetch 1 --ndjson --discard --retries 0 list
  total 3
  is "$(records 'select(.outcome == "ok") | .seq' | sort | tr '\n' ' ')" "0 2 "
}

@test "bad: a line of 3 MB is one malformed entry" {
  {
    echo "$ORIGIN_URL/ok/1"
    head -c 3000000 /dev/zero | tr '\0' a
    printf '\n%s\n' "$ORIGIN_URL/ok/2"
  } >list
  fetch 1 --ndjson --discard list
  total 3
  is "$(records 'select(.seq == 1) | .error.kind')" input
  [ "$(wc -c <out)" -lt 10000 ]
}

@test "bad: a name that does not exist" {
  bad dns http://no-such-name.invalid/
}

@test "bad: a port at which nobody listens" {
  bad connect "http://127.0.0.1:$(free_ports 1)/"
}

@test "bad: a server that speaks no HTTP" {
  bad proto "$ORIGIN_URL/garbage"
  bad proto "$ORIGIN_URL/bad-status"
}

@test "bad: a chunked body that is cut off" {
  bad proto "$ORIGIN_URL/chunked-truncated"
  bad proto "$ORIGIN_URL/chunked-bad"
}

@test "bad: a body that is shorter than it was said to be" {
  bad proto "$ORIGIN_URL/truncate/1000/999"
  bad proto "$ORIGIN_URL/truncate/1/0"
}

@test "bad: 10 GB are claimed, and then it is cut" {
  printf '%s\n' "$ORIGIN_URL/truncate/10737418240/5000" >list
  fetch 1 --ndjson --dir dir --retries 0 list
  one_error proto
  is "$(ls -A dir)" ""
}

@test "bad: headers without an end" {
  for path in endless-headers endless-line; do
    bad proto "$ORIGIN_URL/$path" --timeout 20s
  done
}

@test "bad: a connection that is reset or closed without an answer" {
  bad connect "$ORIGIN_URL/reset" || bad proto "$ORIGIN_URL/reset"
  bad proto "$ORIGIN_URL/close"
  bad connect "$ORIGIN_URL/reset/5000" || bad proto "$ORIGIN_URL/reset/5000"
}

@test "bad: a compressed body that is corrupt" {
  bad proto "$ORIGIN_URL/gzip/1000?spoilt=1"
}

@test "bad: redirects in a circle" {
  bad http "$ORIGIN_URL/redirect-loop"
  is "$(requests 'select(.target == "/redirect-loop") | .ms' | wc -l)" 11
}

@test "bad: redirects to what cannot be requested" {
  for target in ftp://127.0.0.1/ file:///etc/passwd http://; do
    bad http "$ORIGIN_URL/redirect-to?url=$target" ||
      bad input "$ORIGIN_URL/redirect-to?url=$target"
  done
}

@test "bad: no answer at all, no rest of an answer" {
  bad timeout "$ORIGIN_URL/stall" --timeout 200ms
  bad timeout "$ORIGIN_URL/stall" --first-byte-timeout 200ms
  bad timeout "$ORIGIN_URL/stall/100" --stall-timeout 1s
  bad timeout "$ORIGIN_URL/drip/1000/50ms" --timeout 300ms
}

@test "bad: two answers to one request do not become the next one's" {
  {
    echo "$ORIGIN_URL/twice"
    for i in {1..5}; do echo "$ORIGIN_URL/say/$i?text=$i"; done
  } >list
  fetch 0 -j 1 --dir dir list
  for i in {1..5}; do is "$(<"dir/$i")" "$i"; done
}

@test "bad: a header with a NUL, one without a colon, a negative length" {
  printf '%s\n' "$ORIGIN_URL/bad-header" "$ORIGIN_URL/ok" >list
  "$ASYNCTOOL" fetch --ndjson --discard --retries 0 list >out 2>err || true
  no_sanitizer_report err
  total 2
  is "$(records 'select(.seq == 1) | .outcome')" ok
}

@test "bad: a list that is a directory, that cannot be read, that is binary" {
  mkdir directory
  fetch 4 --discard --input directory
  has "$(<err)" directory
  head -c 20000 "$ASYNCTOOL" >binary
  "$ASYNCTOOL" fetch --ndjson --discard --retries 0 --timeout 1s \
    --deadline 2s --input binary >out 2>err || true
  no_sanitizer_report err
  every '.outcome != "ok"'
  total "$(records .seq | wc -l)"
}

@test "bad: everything at once: one record for each of the entries" {
  for i in {1..20}; do
    printf '%s\n' "$ORIGIN_URL/"{ok,reset,close,garbage,chunked-bad,status/500} \
      "$ORIGIN_URL/"{truncate/100/50,redirect-loop,bytes/100000} \
      http://no-such-name.invalid/ ftp://x/ 'http://[' '{"url":7}'
  done >list
  fetch 1 -j 32 --ndjson --dir dir --retries 1 --backoff 1ms list
  total $((20 * 13))
  is "$(records 'select(.outcome == "ok") | .seq' | wc -l)" 40
  every '.outcome == "ok" or (.error.message | length > 8)'
  is "$(find dir -type f | wc -l)" 40
  no_leftovers dir
}
