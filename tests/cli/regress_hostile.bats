#!/usr/bin/env bats
# Servers and lists that mean harm.
load helper

setup() {
  begin
  start_origin
}

teardown() {
  stop_all
}

# one_entry FIELDS: a list of one, with these fields
one_entry() {
  jq -nc "{url: \"$ORIGIN_URL/ok\"} + $1" >list
}

@test "hostile: the output of an entry does not lead out of the directory" {
  mkdir dir
  for output in ../x "$PWD/abs" a/../../x .. 'a\nb'; do
    one_entry "{output: \"$output\"}"
    fetch 1 --ndjson --dir dir list
    one_error input
  done
  is "$(find . -mindepth 1 | sort | tr '\n' ' ')" "./dir ./err ./list ./out "
  one_entry '{output: "a/..b"}'
  fetch 0 --ndjson --dir dir list
  is "$(<dir/a/..b)" ok
}

@test "hostile: no name has a control character, of whatever alphabet" {
  fetch 0 --dir dir "$ORIGIN_URL/ok/a%c2%9b31m"
  is "$(cd dir && echo *)" "a%c2%9b31m"
}

@test "hostile: a length beyond all numbers, or two of them, is an error" {
  fetch 1 --ndjson --retries 0 \
    "$ORIGIN_URL/ok?header=Content-Length:99999999999999999999"
  one_error proto
  fetch 1 --ndjson --retries 0 "$ORIGIN_URL/ok?header=Content-Length:2"
  one_error proto
  is "$(find . -type f | sort | tr '\n' ' ')" "./err ./out "
}

@test "hostile: what libcurl would not understand is a mistake of usage" {
  wrong() {
    fetch 2 "$@" "$ORIGIN_URL/ok"
    has "$(<err)" "expected"
  }
  wrong --resolve bad
  wrong --resolve host:port:127.0.0.1
  wrong --connect-to bad
  wrong --connect-to a:1:b:2:c
  wrong -X 'GET /x'
  wrong -x foo://bar
  wrong -H bad
  wrong -H $'A: b\r\nC: d'
  is "$(<"$ORIGIN_LOG")" ""
  fetch 0 --discard --connect-to "::[127.0.0.1]:" -H 'A:' -H 'B;' \
    "$ORIGIN_URL/ok"
  one_entry '{headers: ["bad"]}'
  fetch 1 --ndjson list
  one_error input
}

@test "hostile: a cookie jar that cannot be written is said before the run" {
  fetch 4 -c none/jar "$ORIGIN_URL/ok"
  has "$(<err)" none/jar
  is "$(<"$ORIGIN_LOG")" ""
}

@test "hostile: cookies and requests of their own leave no memory behind" {
  for i in {1..50}; do
    echo "{\"url\": \"$ORIGIN_URL/ok/$i\", \"headers\": [\"A: $i\"]}"
  done >list
  fetch 0 --discard -j 2 -c jar list # a leak is a report of the sanitizer
}

@test "hostile: -o /dev/stdout is standard output, no file beside it" {
  fetch 0 -o /dev/stdout "$ORIGIN_URL/ok"
  is "$(<out)" ok
  [ ! -e /dev/stdout.1 ]
}
