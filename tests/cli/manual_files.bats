#!/usr/bin/env bats
# asynctool-fetch(1), "Files".
load helper

setup() {
  begin
  start_origin
  # Bodies among other files would be found by the tests' own globs.
  mkdir dir
}

teardown() {
  stop_all
}

# In dir/, without the directory's name.
files() {
  (cd "${1:-dir}" && find . -type f | sed 's,^\./,,' | sort | tr '\n' ' ')
}

@test "files: a body goes to the working directory, named as the path ends" {
  fetch 0 --ndjson "$ORIGIN_URL/bytes/100/data.bin?x=1"
  is "$(wc -c <data.bin)" 100
  is "$(records .file)" data.bin
}

@test "files: without a last part the name is index.html" {
  fetch 0 "$ORIGIN_URL/" --dir dir
  is "$(files)" "index.html "
  is "$(<dir/index.html)" ok
}

@test "files: --dir is where they go, and is made" {
  fetch 0 --ndjson --dir new/deep "$ORIGIN_URL/ok"
  is "$(<new/deep/ok)" ok
  is "$(records .file)" new/deep/ok
}

@test "files: a body is what the server sent, to the byte" {
  fetch 0 --dir dir "$ORIGIN_URL/bytes/3000000/big" \
    "$ORIGIN_URL/chunked/100000/777"
  curl -sf "$ORIGIN_URL/bytes/3000000" | cmp - dir/big
  curl -sf "$ORIGIN_URL/chunked/100000/777" | cmp - dir/777
}

@test "files: an empty body is an empty file" {
  fetch 0 --dir dir "$ORIGIN_URL/bytes/0/empty"
  is "$(files)" "empty "
  [ ! -s dir/empty ]
}

@test "files: -o is a template with parts in braces" {
  url="$ORIGIN_URL/say/sub/page.tar.gz?text=hi"
  fetch 0 --dir dir -o '{path}' "$url"
  fetch 0 --dir dir -o '{name}-x{ext}' "$url"
  fetch 0 --dir dir -o 'q/{query}' "$url"
  fetch 0 --dir dir -o 'n{index}' "$url" "$url"
  is "$(files)" "n1 n2 page.tar-x.gz q/text=hi say/sub/page.tar.gz "
  fetch 0 --dir host -o '{host}' "$url" "http://localhost:$ORIGIN_PORT/ok"
  has "$(files host)" localhost
  has "$(files host)" 127.0.0.1
}

@test "files: {sha256:8} is the first digits of {sha256}, a digest of the URL" {
  url=$ORIGIN_URL/ok
  sum=$(printf '%s' "$url" | sha256sum | cut -d ' ' -f 1)
  fetch 0 --dir dir -o '{sha256}' "$url"
  fetch 0 --dir dir -o '{sha256:8}' "$url"
  is "$(files)" "${sum:0:8} $sum "
}

@test "files: directories of a template are made" {
  fetch 0 --dir dir -o 'a/b/c/{name}' "$ORIGIN_URL/ok"
  is "$(files)" "a/b/c/ok "
}

@test "files: a name never leaves the directory" {
  printf '%s\n' "$ORIGIN_URL/say/..%2f..%2fone" "$ORIGIN_URL/say/%2e%2e" \
    "$ORIGIN_URL/say/a%00b" "$ORIGIN_URL/say/%0a%1b[31m" \
    "$ORIGIN_URL/say/..?text=x" >list
  fetch 0 --dir dir --ndjson list
  fetch 0 --dir dir --ndjson -o '{path}' list
  is "$(find . -mindepth 1 -maxdepth 1 | sort | tr '\n' ' ')" \
    "./dir ./err ./list ./out "
  is "$(find dir -name $'*[\x01-\x1f]*')" ""
  is "$(find dir -mindepth 1 -name '.*' ! -name '..?*')" ""
}

@test "files: a name is at most 255 bytes long" {
  long=$(printf 'a%.0s' {1..3000})
  fetch 0 --dir dir "$ORIGIN_URL/ok/$long.txt" "$ORIGIN_URL/ok/$long.txt?2"
  is "$(find dir -type f | wc -l)" 2
  for file in dir/*; do
    name=${file#dir/}
    [ "${#name}" -le 255 ]
  done
}

# If there is a file of that name.

twice() { # STATUS POLICY: one is there before, two are in the run
  echo before >dir/ok
  fetch "$1" -j 1 --ndjson --dir dir --on-collision "$2" "$ORIGIN_URL/ok" \
    "$ORIGIN_URL/say/ok?text=second"
  no_leftovers dir
}

@test "files: --on-collision uniquify keeps them all" {
  fetch 0 --dir dir "$ORIGIN_URL/ok" # it is the default
  twice 0 uniquify
  is "$(files)" "ok ok.1 ok.2 "
  is "$(<dir/ok)" before
  is "$(records .file | sort | tr '\n' ' ')" "dir/ok.1 dir/ok.2 "
}

@test "files: --on-collision error fails what comes later" {
  twice 1 error
  is "$(<dir/ok)" before
  is "$(files)" "ok "
  every '.outcome == "failed" and .error.kind == "io"'
}

@test "files: --on-collision error, inside one run" {
  fetch 1 -j 1 --ndjson --dir dir --on-collision error "$ORIGIN_URL/ok" \
    "$ORIGIN_URL/say/ok?text=second"
  is "$(records .outcome | sort | tr '\n' ' ')" "failed ok "
  is "$(<dir/ok)" ok
}

@test "files: --on-collision overwrite, and the last one stays" {
  twice 0 overwrite
  is "$(files)" "ok "
  is "$(<dir/ok)" second
}

@test "files: --on-collision skip does not even ask for it" {
  twice 0 skip
  is "$(<dir/ok)" before
  is "$(wc -l <"$ORIGIN_LOG")" 0
}

@test "files: two hundred of one name at once are all kept" {
  for i in {1..200}; do echo "$ORIGIN_URL/say/same?text=$i"; done >list
  fetch 0 -j 50 --ndjson --dir dir list
  is "$(find dir -type f | wc -l)" 200
  is "$(cat dir/* | wc -c)" "$(seq 200 | tr -d '\n' | wc -c)"
  is "$(records .file | sort -u | wc -l)" 200
  # A record names the file that has its body.
  records '"\(.file) \(.url)"' | while read -r file url; do
    [ "$(<"$file")" = "${url##*=}" ] || exit 1
  done
}

@test "files: a symbolic link is not followed out of the directory" {
  ln -s ../outside dir/ok
  fetch 0 --dir dir "$ORIGIN_URL/ok"
  [ ! -e outside ]
  is "$(<dir/ok.1)" ok
}

# Whole or not at all.

@test "files: nothing is left of an entry that failed" {
  printf '%s\n' "$ORIGIN_URL"/{status/404,status/500,truncate/100000/50000} \
    "$ORIGIN_URL"/{reset/5000,chunked-truncated,stall/5000,gzip/999?spoilt=1} \
    >list
  fetch 1 --ndjson --dir dir --retries 1 --backoff 1ms --timeout 300ms list
  total 7
  every '.outcome != "ok" and .file == null'
  is "$(ls -A dir)" ""
}

@test "files: --fail-with-body keeps the body of a failure too" {
  fetch 1 --ndjson --dir dir --retries 0 --fail-with-body \
    "$ORIGIN_URL/say/gone?text=sorry&status=404"
  is "$(<dir/gone)" sorry
  every '.outcome == "failed" and .file == "dir/gone"'
}

@test "files: --ok-status makes a status a success" {
  fetch 0 --dir dir --ok-status 200-299,404 "$ORIGIN_URL/status/404"
  is "$(<dir/404)" "status 404"
  fetch 1 --retries 0 --discard --ok-status 404 "$ORIGIN_URL/ok"
}

@test "files: while it is written, a body has another name, in the same directory" {
  background "$ASYNCTOOL" fetch --dir dir "$ORIGIN_URL/drip/200/50ms/20"
  until_true compgen -G 'dir/.*part' >/dev/null
  [ ! -e dir/20 ]
  until_true test -e dir/20
  is "$(wc -c <dir/20)" 200
}

@test "files: killed at any moment, no final name has half a file" {
  for i in {1..3000}; do echo "$ORIGIN_URL/bytes/60000/f$((i % 300))"; done >list
  for wait in 0.05 0.1 0.15 0.2; do
    "$ASYNCTOOL" fetch -j 20 --dir dir --on-collision overwrite list \
      >out 2>err 3>&- &
    ends_with_test $!
    sleep "$wait"
    kill -KILL $! || true
    wait $! || true
    is "$(find dir -type f -name 'f*' ! -size 60000c)" ""
  done
}

@test "files: a file size limit is an io error, and nothing is left" {
  (
    trap '' XFSZ
    ulimit -f 64
    fetch 4 --ndjson --dir dir --retries 0 "$ORIGIN_URL/bytes/1000000/big" \
      "$ORIGIN_URL/ok"
  )
  is "$(files)" "ok "
  is "$(records 'select(.outcome == "failed") | .error.kind')" io
}

# on_small_disk STATUS WORDS...: as fetch, with 512 KiB for dir/
on_small_disk() {
  local mount='mount -t tmpfs -o size=512k tmpfs dir && cd dir'
  unshare -rm sh -c "$mount" 2>/dev/null || skip "cannot mount"
  mkdir -p after
  status=0
  unshare -rm sh -c "$mount && "'{ shift; "$@"; status=$?; }
    cp -a . ../after; exit $status' sh "$@" >out 2>err 3>&- || status=$?
  no_sanitizer_report err
  is "$status" "$1"
}

@test "files: on a full disk there are no halves, and the status is 4" {
  for i in {1..20}; do echo "$ORIGIN_URL/bytes/60000/f$i"; done >list
  on_small_disk 4 "$ASYNCTOOL" fetch -j 4 --ndjson ../list
  total 20
  every '.outcome == "ok" or (.error.kind == "io" and .error.code == "ENOSPC")'
  is "$(find after -type f -name 'f*' -size 60000c | wc -l)" \
    "$(records 'select(.outcome == "ok") | .seq' | wc -l)"
  is "$(find after -type f ! -size 60000c)" ""
}

@test "files: records that do not fit on the disk are status 4" {
  urls 2000 >list
  on_small_disk 4 "$ASYNCTOOL" fetch --discard --records run.ndjson \
    --format '{status}\n' ../list
  has "$(<err)" run.ndjson
}

# -o - and --discard

@test "files: -o - writes bodies in place of records" {
  fetch 0 -o - "$ORIGIN_URL/ok"
  is "$(<out)" ok
  fetch 0 -o - --records run.ndjson "$ORIGIN_URL/bytes/1000"
  is "$(wc -c <out)" 1000
  every '.bytes == 1000 and .file == null' run.ndjson
}

@test "files: -o - writes each body in one piece" {
  for i in {0..9}; do
    echo "$ORIGIN_URL/drip/640/5ms/64?n=$i"
    echo "$ORIGIN_URL/bytes/320000?n=$i"
  done >list
  fetch 0 -j 20 -o - list
  # A body is lines that count up from 0, 40 or 20000 of them.
  awk '$0 == "000000000000000" { bodies++; number = 0 }
    $0 != sprintf("%015x", number++) { print NR ": " $0; wrong = 1; exit }
    END { exit wrong || bodies != 20 || NR != 10 * 20040 }' out
}

@test "files: -o - writes nothing of a body that failed" {
  fetch 1 -o - --retries 0 "$ORIGIN_URL/status/404" "$ORIGIN_URL/ok" \
    "$ORIGIN_URL/truncate/1000/500"
  is "$(<out)" ok
}

@test "files: --discard keeps no bodies, and they are still checked" {
  fetch 1 --ndjson --discard --retries 0 "$ORIGIN_URL/bytes/5000" \
    "$ORIGIN_URL/truncate/1000/500"
  is "$(records 'select(.outcome == "ok") | .bytes')" 5000
  is "$(records 'select(.outcome == "failed") | .error.kind')" proto
  is "$(find . -type f ! -name out ! -name err)" ""
}
