#!/usr/bin/env bats
# asynctool(1), "Entries", and asynctool-fetch(1), "Entries in NDJSON".
load helper

setup() {
  begin
  start_origin
}

teardown() {
  stop_all
}

keys() {
  records .key | sort | tr '\n' ' '
}

@test "manual: an operand with a scheme is an entry" {
  fetch 0 --discard --ndjson "$ORIGIN_URL/ok/1" "$ORIGIN_URL/ok/2"
  total 2
  every '.outcome == "ok" and .status == 200'
}

@test "manual: an operand with a scheme is an entry even where a file has its name" {
  mkdir -p http:/
  echo "$ORIGIN_URL/list" >http:/list
  fetch 1 --discard --ndjson --retries 0 http://list
  is "$(records .input)" http://list
}

@test "manual: an operand that names a readable file is a list" {
  urls 3 >list
  fetch 0 --discard --ndjson list
  total 3
}

@test "manual: an operand without a scheme that is no file is an entry, and http" {
  fetch 0 --discard --ndjson "127.0.0.1:$ORIGIN_PORT/ok"
  total 1
  is "$(records .input)" "127.0.0.1:$ORIGIN_PORT/ok"
  is "$(records .url)" "$ORIGIN_URL/ok"
}

@test "manual: - is standard input" {
  urls 3 >list
  fetch 0 --discard --ndjson - <list
  total 3
}

@test "manual: without operands, standard input is the list" {
  urls 3 >list
  fetch 0 --discard --ndjson <list
  total 3
}

@test "manual: without operands on a terminal, a hint and status 2" {
  command -v script >/dev/null || skip "needs script(1)"
  run script -qec "$ASYNCTOOL fetch" /dev/null </dev/null
  is "$status" 2
  has "$output" "no URLs"
  has "$output" "Usage:"
}

@test "manual: with operands, standard input is left alone" {
  urls 3 >list
  fetch 0 --discard --ndjson "$ORIGIN_URL/ok" <list
  total 1
}

@test "manual: --input names a list for certain, repeatedly, and - is stdin" {
  urls 2 /ok/a >a
  urls 2 /ok/b >b
  urls 2 /ok/c >c
  fetch 0 --discard --ndjson --input a --input b --input - "$ORIGIN_URL/ok" <c
  total 7
}

@test "manual: a list that cannot be read is said so, the others go on, status 4" {
  urls 2 >list
  fetch 4 --discard --ndjson --input missing --input list
  total 2
  has "$(<err)" missing
}

@test "manual: empty lines and # lines are skipped" {
  printf '# comment\n\n%s\n   \n#%s\n%s' "$ORIGIN_URL/ok/1" "$ORIGIN_URL/no" \
    "$ORIGIN_URL/ok/2" >list
  fetch 0 --discard --ndjson list
  total 2
}

@test "manual: lines that end in CR LF, and a byte order mark" {
  printf '\xef\xbb\xbf%s\r\n%s\r\n' "$ORIGIN_URL/ok/1" "$ORIGIN_URL/ok/2" >list
  fetch 0 --discard --ndjson list
  total 2
  is "$(requests .target | sort | tr '\n' ' ')" "/ok/1 /ok/2 "
}

@test "manual: -0 separates entries by NUL bytes" {
  printf '%s\0%s\0' "$ORIGIN_URL/ok/1" "$ORIGIN_URL/ok/2" >list
  fetch 0 --discard --ndjson -0 list
  total 2
  fetch 0 --discard --ndjson --input-format nul list
  total 2
}

@test "manual: CSV with a header has fields" {
  printf 'id,url,method\none,"%s",POST\n"two ""2""",%s,PUT\n' \
    "$ORIGIN_URL/echo" "$ORIGIN_URL/echo" >list.csv
  fetch 0 --discard --ndjson --input-format csv list.csv
  total 2
  is "$(keys)" 'one two "2" '
  is "$(requests .method | sort | tr '\n' ' ')" "POST PUT "
}

@test "manual: TSV with a header has fields" {
  printf 'url\tid\n%s\ta\n%s\tb\n' "$ORIGIN_URL/ok/1" "$ORIGIN_URL/ok/2" >list
  fetch 0 --discard --ndjson --input-format tsv list
  is "$(keys)" "a b "
}

@test "manual: entries are numbered from 0 in the order of the input" {
  urls 5 >list
  fetch 0 --discard --ndjson list
  is "$(records '"\(.seq) \(.url)"' | sort -n | sed "s,$ORIGIN_URL,," |
    tr '\n' ' ')" "0 /ok/1 1 /ok/2 2 /ok/3 3 /ok/4 4 /ok/5 "
}

@test "manual: an endless list is read as it is needed" {
  # A list that was read whole first would never begin.
  mkfifo pipe
  background bash -c 'exec yes "$0" >pipe' "$ORIGIN_URL/ok"
  fetch 0 -j 4 --discard --first 20 --format '{outcome}\n' - <pipe
  [ "$(grep -c ok out)" -ge 20 ]
  [ "$(wc -l <"$ORIGIN_LOG")" -lt 200 ]
}

@test "manual: a list is not read far ahead of the jobs" {
  mkfifo pipe
  # Says how much of it went through the pipe.
  background bash -c 'yes "$0" | dd bs=1k count=4k of=pipe status=none;
    echo over >over' "$ORIGIN_URL/stall"
  background "$ASYNCTOOL" fetch -j 2 --discard --input pipe >out 2>err
  until_true grep -q stall "$ORIGIN_LOG"
  sleep 0.3
  [ ! -e over ]
}

@test "manual: a deadline does not wait for a list that waits" {
  mkfifo pipe
  background bash -c 'exec sleep 20 >pipe'
  began=$SECONDS
  fetch 0 --discard --ndjson --deadline 200ms - <pipe
  [ $((SECONDS - began)) -lt 10 ]
  urls 3 >list
  background bash -c 'exec >pipe; cat list; exec sleep 20'
  fetch 0 --discard --ndjson --deadline 500ms - <pipe
  [ $((SECONDS - began)) -lt 10 ]
  total 3
}

# Entries in NDJSON.

one_entry() {
  printf '%s\n' "$1" >entries.ndjson
  shift
  fetch 0 --ndjson "$@" entries.ndjson
}

@test "manual: NDJSON is recognised, and url is the only member needed" {
  one_entry "{\"url\":\"$ORIGIN_URL/ok\"}" --discard
  is "$(records .key)" "$ORIGIN_URL/ok"
}

@test "manual: an entry's id becomes its key" {
  one_entry "{\"url\":\"$ORIGIN_URL/ok\",\"id\":\"job 7\"}" --discard
  is "$(records .key)" "job 7"
}

@test "manual: an entry's method goes before -X" {
  one_entry "{\"url\":\"$ORIGIN_URL/echo\",\"method\":\"DELETE\"}" -X PUT \
    --discard
  is "$(requests .method)" DELETE
  is "$(records .method)" DELETE
}

@test "manual: an entry's headers, an object, are added to those of -H" {
  one_entry "{\"url\":\"$ORIGIN_URL/ok\",\"headers\":{\"X-One\":\"1\"}}" \
    -H 'X-Two: 2' --discard
  is "$(requests '.headers["x-one"] + .headers["x-two"]')" 12
}

@test "manual: an entry's headers can be lines" {
  one_entry "{\"url\":\"$ORIGIN_URL/ok\",\"headers\":[\"X-One: 1\",\"A: b\"]}" \
    --discard
  is "$(requests '.headers["x-one"] + .headers.a')" 1b
}

@test "manual: an entry's body is sent as it is, by POST" {
  one_entry "{\"url\":\"$ORIGIN_URL/echo\",\"body\":\"a\\nb \\u00e4\"}" -o got
  is "$(jq -r .body got)" $'a\nb \u00e4'
  is "$(jq -r .method got)" POST
}

@test "manual: an entry's output is its -o" {
  one_entry "{\"url\":\"$ORIGIN_URL/ok\",\"output\":\"named.txt\"}" -o other
  is "$(<named.txt)" ok
  [ ! -e other ]
}

@test "manual: an entry's timeout is seconds, or a text" {
  cat >entries <<END
{"url":"$ORIGIN_URL/stall","timeout":0.2}
{"url":"$ORIGIN_URL/stall","timeout":"200ms"}
{"url":"$ORIGIN_URL/delay/300ms/ok","timeout":"20s"}
END
  fetch 1 --ndjson --discard --timeout 10s --retries 0 entries
  is "$(records .outcome | sort | tr '\n' ' ')" "ok timeout timeout "
}

@test "manual: an entry's member of a wrong type is an input error of that entry" {
  cat >entries <<END
{"url":"$ORIGIN_URL/ok","method":7}
{"url":"$ORIGIN_URL/ok","timeout":"soon"}
{"url":"$ORIGIN_URL/ok","headers":3}
{"url":3}
{"link":"$ORIGIN_URL/ok"}
{"url":"$ORIGIN_URL/ok"
{"url":"$ORIGIN_URL/ok","id":"good"}
END
  fetch 1 --ndjson --discard entries
  total 7
  is "$(records 'select(.outcome == "ok") | .key')" good
  every '.outcome == "ok" or .error.kind == "input"'
}

@test "manual: a malformed line says its number" {
  printf '%s\n{"url":\n' "{\"url\":\"$ORIGIN_URL/ok\"}" >entries
  fetch 1 --ndjson --discard entries
  has "$(records 'select(.seq == 1) | .error.message')" 2
}

@test "manual: a record is a valid entry: fetch | fetch" {
  urls 3 >list
  fetch 0 --ndjson --discard -X HEAD list
  mv out first
  fetch 0 --ndjson --dir again - <first
  total 3
  is "$(cat again/* | sort -u)" ok
  is "$(keys)" "$(records .key first | sort | tr '\n' ' ')"
}

@test "manual: of records, those that failed can be tried again" {
  cat >list <<END
$ORIGIN_URL/status/503,200?key=a
$ORIGIN_URL/ok
END
  fetch 1 --discard --retries 0 --records run.ndjson list
  jq -c 'select(.outcome != "ok")' run.ndjson >failed
  fetch 0 --ndjson --dir pages - <failed
  total 1
  every '.status == 200'
}

@test "manual: --error-on-empty makes an empty list a failure" {
  : >empty
  fetch 0 --ndjson empty
  is "$(<out)" ""
  fetch 1 --ndjson --error-on-empty empty
  fetch 0 --ndjson </dev/null
}

@test "manual: --dry-run requests nothing and shows every entry" {
  urls 3 >list
  echo 'http://[broken' >>list
  fetch 1 --dry-run --ndjson list
  total 4
  is "$(records .outcome | sort | uniq -c | tr -s ' \n' ' ')" \
    " 1 failed 3 skipped "
  is "$(<"$ORIGIN_LOG")" ""
  [ "$(find . -type f ! -name out ! -name err ! -name list)" = "" ]
}
