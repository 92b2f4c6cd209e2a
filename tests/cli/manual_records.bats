#!/usr/bin/env bats
# asynctool-records(5): the fields, the kinds of errors, the formats.
load helper

setup() {
  begin
  start_origin
}

teardown() {
  stop_all
}

@test "records: the fields of every record" {
  fetch 0 --ndjson --discard "$ORIGIN_URL/ok"
  every '.v == 1 and .type == "result" and .tool == "fetch" and .seq == 0'
  every '.outcome == "ok" and .attempts == 1 and .error == null'
  every '(.queue_ms | type) == "number" and (.duration_ms | type) == "number"'
  is "$(records '.key + " " + .input')" "$ORIGIN_URL/ok $ORIGIN_URL/ok"
}

@test "records: start is RFC 3339 with milliseconds, in UTC, and now" {
  before=$(date +%s)
  TZ=Asia/Tokyo fetch 0 --ndjson --discard "$ORIGIN_URL/ok"
  start=$(records .start)
  [[ $start =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{3}Z$ ]]
  seconds=$(date -d "$start" +%s)
  [ "$seconds" -ge "$before" ]
  [ "$seconds" -le "$(date +%s)" ]
}

@test "records: the fields of fetch" {
  fetch 0 --ndjson "$ORIGIN_URL/bytes/1000/data.bin"
  every '.method == "GET" and .status == 200 and .http_version == "1.1"'
  every '.bytes == 1000 and .remote_ip == "127.0.0.1"'
  every '.conn_reused == false and .retries == []'
  is "$(records .url)" "$ORIGIN_URL/bytes/1000/data.bin"
  is "$(records .final_url)" "$ORIGIN_URL/bytes/1000/data.bin"
  is "$(wc -c <"$(records .file)")" 1000
}

@test "records: content_type is the answer's" {
  fetch 0 --ndjson --discard "$ORIGIN_URL/say?text=x&type=text/csv"
  is "$(records .content_type)" text/csv
}

@test "records: final_url is where redirects led, with status and method" {
  fetch 0 --ndjson --discard "$ORIGIN_URL/redirect/2"
  is "$(records .url)" "$ORIGIN_URL/redirect/2"
  is "$(records .final_url)" "$ORIGIN_URL/ok"
  every '.status == 200'
}

@test "records: file is null when no body was kept" {
  fetch 0 --ndjson --discard "$ORIGIN_URL/ok"
  every '.file == null'
  fetch 1 --ndjson --retries 0 "$ORIGIN_URL/status/404"
  every '.file == null'
}

@test "records: conn_reused tells of a kept connection" {
  urls 20 >list
  fetch 0 -j 1 --ndjson --discard list
  is "$(records 'select(.conn_reused | not) | .seq' | wc -l)" \
    "$(requests .connection | sort -u | wc -l)"
  is "$(records .conn_reused | tail -n 1)" true
}

@test "records: times are in order, and the first byte's is the server's delay" {
  fetch 0 --ndjson --discard "$ORIGIN_URL/delay/100ms/ok"
  every '.time.dns <= .time.connect and .time.connect <= .time.ttfb and
    .time.ttfb <= .time.total and .time.ttfb >= 100 and .time.total < 5000'
}

@test "records: bytes counts the body as written, unpacked" {
  fetch 0 --ndjson "$ORIGIN_URL/gzip/5000"
  every '.bytes == 5000'
  is "$(wc -c <"./5000")" 5000
}

@test "records: retries has an object for each attempt that was repeated" {
  fetch 0 --ndjson --discard --backoff 10ms "$ORIGIN_URL/status/503,500,200"
  every '.attempts == 3 and (.retries | length) == 2'
  every '.status == 200 and .error == null'
  has "$(records '.retries[0] | tostring')" 503
  has "$(records '.retries[1] | tostring')" 500
}

@test "records: duration_ms includes the waits between attempts" {
  fetch 0 --ndjson --discard --backoff 300ms --jitter none \
    "$ORIGIN_URL/status/503,200"
  every '.duration_ms >= 300'
}

@test "records: queue_ms is the wait before the first attempt" {
  urls 2 /delay/200ms/ok >list
  fetch 0 --per-host 1 --ndjson --discard list
  is "$(records 'select(.queue_ms > 150) | .seq')" 1
}

@test "records: outcome failed has an error with kind, code and a message" {
  fetch 1 --ndjson --retries 0 "$ORIGIN_URL/status/404"
  one_error http
  every '.error.code == 404 and .status == 404 and .outcome == "failed"'
}

@test "records: outcome timeout says which limit passed" {
  fetch 1 --ndjson --retries 0 --timeout 150ms "$ORIGIN_URL/stall"
  one_error timeout
  every '.outcome == "timeout"'
  fetch 1 --ndjson --retries 0 --first-byte-timeout 150ms "$ORIGIN_URL/stall"
  every '.outcome == "timeout" and .error.kind == "timeout"'
  has "$(records .error.message)" 150
  fetch 1 --ndjson --retries 0 --stall-timeout 1s "$ORIGIN_URL/stall/10"
  every '.outcome == "timeout" and .error.kind == "timeout"'
}

@test "records: outcome canceled and skipped, at a deadline" {
  urls 4 /stall >list
  fetch 3 -j 2 --ndjson --deadline 300ms list
  total 4
  is "$(records .outcome | sort | uniq -c | tr -s ' \n' ' ')" \
    " 2 canceled 2 skipped "
  every '.outcome != "skipped" or (.attempts == 0 and .start == null)'
  every '.outcome == "skipped" or .error.kind == "canceled"'
}

@test "records: bytes that are not UTF-8 stand as base64, and come back" {
  printf '%s/ok/\xff\xfe\n' "$ORIGIN_URL" >list
  fetch 0 --ndjson --discard list
  is "$(records .input.bytes | base64 -d | od -c)" "$(tr -d '\n' <list | od -c)"
  mv out again
  fetch 0 --ndjson --discard - <again
  is "$(records .input.bytes)" "$(records .input.bytes again)"
}

@test "records: characters beyond ASCII, quotes and controls are valid JSON" {
  printf '%s/ok/\xc3\xa4"\\\x01\n' "$ORIGIN_URL" >list
  "$ASYNCTOOL" fetch --ndjson --discard --retries 0 list >out 2>err || true
  is "$(jq -rj .input out | od -c)" "$(tr -d '\n' <list | od -c)"
}

@test "records: --fields chooses and orders them, in NDJSON" {
  fetch 0 --ndjson --discard --fields status,key,time.total "$ORIGIN_URL/ok"
  is "$(jq -c keys_unsorted out)" '["status","key","time"]'
  is "$(jq -c '.time | keys' out)" '["total"]'
}

@test "records: --fields with a name that is none is status 2, with those there are" {
  fetch 2 --fields statsu "$ORIGIN_URL/ok"
  has "$(<err)" "statsu"
  has "$(<err)" "status"
  is "$(<"$ORIGIN_LOG")" ""
}

@test "records: --format tsv has a header and one line each" {
  urls 2 >list
  fetch 0 --format tsv --fields seq,status,url --discard -j 1 list
  printf 'seq\tstatus\turl\n0\t200\t%s\n1\t200\t%s\n' "$ORIGIN_URL/ok/1" \
    "$ORIGIN_URL/ok/2" | cmp - out
}

@test "records: in TSV null is an empty cell, and a tab is escaped" {
  fetch 0 --format tsv --fields file,content_type,error.kind --discard \
    "$ORIGIN_URL/say?type=a%09b"
  printf 'file\tcontent_type\terror.kind\n\ta\\tb\t\n' | cmp - out
}

@test "records: --format csv quotes what needs it" {
  fetch 0 --format csv --fields status,url --discard "$ORIGIN_URL/ok?a,b"
  printf 'status,url\n200,"%s"\n' "$ORIGIN_URL/ok?a,b" | cmp - out
}

@test "records: TSV and CSV are read back as entries" {
  urls 3 >list
  for format in tsv csv; do
    fetch 0 --format "$format" --discard list
    mv out table
    fetch 0 --input-format "$format" --ndjson --discard table
    total 3
    every '.outcome == "ok"'
  done
}

@test "records: a template names fields in braces, with escapes" {
  fetch 0 --discard --format '{status}\t{{{method}}} {error.kind} {time.total}\n' \
    "$ORIGIN_URL/ok"
  [[ $(<out) =~ ^200$'\t'\{GET\}\ -\ [0-9.]+$ ]]
}

@test "records: a template with an unknown field is status 2" {
  fetch 2 --discard --format '{stats}' "$ORIGIN_URL/ok"
  has "$(<err)" stats
  fetch 2 --format '{status' "$ORIGIN_URL/ok"
}

@test "records: text is one line each, with the URL and what went wrong" {
  fetch 1 --discard --retries 0 "$ORIGIN_URL/ok" "$ORIGIN_URL/status/404"
  is "$(wc -l <out)" 2
  has "$(grep /ok out)" 200
  has "$(grep /status out)" 404
}

@test "records: --records writes NDJSON to a file as well" {
  urls 3 >list
  fetch 0 --discard --records run.ndjson --format '{status}\n' list
  is "$(sort -u out)" 200
  total 3 run.ndjson
  every '.status == 200 and .v == 1' run.ndjson
}

@test "records: --records has all fields, whatever --fields says" {
  fetch 0 --discard --records run.ndjson --ndjson --fields url "$ORIGIN_URL/ok"
  is "$(jq -c keys out)" '["url"]'
  every '.status == 200 and .key' run.ndjson
}

@test "records: --keep-order is the order of the entries" {
  {
    echo "$ORIGIN_URL/delay/300ms/ok"
    urls 5
  } >list
  fetch 0 --ndjson --discard --keep-order list
  is "$(records .seq | tr '\n' ' ')" "0 1 2 3 4 5 "
  fetch 0 --ndjson --discard list
  is "$(records .seq | tail -n 1)" 0
}

@test "records: one for each entry, of a thousand, some of which fail" {
  {
    urls 900
    urls 100 /status/404
  } >list
  fetch 1 --ndjson --discard --retries 0 list
  total 1000
  is "$(records 'select(.outcome == "ok") | .seq' | wc -l)" 900
}
