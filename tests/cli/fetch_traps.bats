# What is easy to get wrong with libcurl, seen from outside.

setup_file() {
  load helper
  begin
  start_origin
  start_nginx
}

teardown_file() {
  load helper
  stop_all
}

setup() {
  load helper
  begin
}

teardown() {
  stop_all
}

# running_fetch WORDS...: in the background; sets $background_pid
running_fetch() {
  background "$ASYNCTOOL" fetch "$@" >out 2>err
}

are_in_flight() { # N PATH
  [ "$(requests "select(.target | startswith(\"$2\")) | .target" | wc -l)" -ge "$1" ]
}

needs_mounts() {
  unshare -m true 2>/dev/null || skip "no mount namespace of our own"
}

# with_names N WORDS...: runs them where name1.test to nameN.test are this host
with_names() {
  local names=$1
  shift
  for ((i = 1; i <= names; i++)); do echo "127.0.0.1 name$i.test"; done >hosts
  unshare -m sh -c 'mount --bind hosts /etc/hosts && exec "$@"' sh "$@"
}

@test "traps: names are looked up without threads" {
  needs_mounts
  for i in {1..100}; do echo "http://name$i.test:$ORIGIN_PORT/stall?$i"; done \
    >list
  background with_names 100 "$ASYNCTOOL" fetch -j 100 --discard list >out 2>err
  until_true are_in_flight 100 /stall
  # shellcheck disable=SC2154 # set by background
  local host=$background_pid
  while child=$(pgrep -P "$host"); do host=$child; done
  threads=(/proc/"$host"/task/*)
  [ "${#threads[@]}" -le 6 ] || { echo "${#threads[@]} threads"; return 1; }
  kill "$host"
}

@test "traps: more names than libcurl's cache is to keep" {
  needs_mounts
  for i in {1..300} {1..300}; do echo "http://name$i.test:$ORIGIN_PORT/ok"; done \
    >list
  with_names 300 "$ASYNCTOOL" fetch -j 20 --discard --ndjson list >out 2>err
  total 600
  every '.status == 200 and .time.dns != null'
}

@test "traps: a body goes out without Expect" {
  fetch 0 --discard -d x "$ORIGIN_URL/echo"
  is "$(requests .headers.expect | tail -n 1)" null
}

@test "traps: the first byte's time is that of the answer" {
  fetch 0 --discard --ndjson "$ORIGIN_URL/delay/200ms/ok"
  every '.time.ttfb >= 190 and .time.ttfb <= .time.total'
}

@test "traps: times of a connection are those of a new one only" {
  fetch 0 -j 1 --discard --ndjson "$ORIGIN_URL/ok" "$ORIGIN_URL/ok"
  is "$(records '[.time.connect != null, .conn_reused] | @csv')" \
    $'true,false\nfalse,true'
}

@test "traps: an entry's options do not stay with the next entry" {
  for method in PUT GET DELETE HEAD GET POST GET; do
    echo "{\"url\":\"$ORIGIN_URL/echo?$method\",\"method\":\"$method\",
      \"headers\":{\"X-A\":\"$method\"}}" | tr -d '\n'
    echo
    echo "{\"url\":\"$ORIGIN_URL/echo?plain\"}"
  done >list
  echo '{"url":"'"$ORIGIN_URL"'/echo?body","body":{"a":[1]}}' >>list
  fetch 0 -j 1 --discard --ndjson list
  is "$(requests 'select(.target == "/echo?plain")
    | [.method, .headers["x-a"], .body_bytes] | @csv' | sort -u)" '"GET",,0'
  is "$(requests 'select(.target == "/echo?DELETE") | .headers["x-a"]')" DELETE
  is "$(requests 'select(.target == "/echo?body")
    | [.method, .headers["content-type"], .body_bytes] | @csv')" \
    '"POST","application/json",9'
}

@test "traps: a redirect to another host and back sends the login home only" {
  local back="http://localhost:$ORIGIN_PORT/redirect-to?url=$ORIGIN_URL/echo?home"
  fetch 0 --discard -u me:secret "$ORIGIN_URL/redirect-to?url=$back"
  is "$(requests 'select(.target == "/echo?home") | .headers.authorization')" \
    "Basic bWU6c2VjcmV0"
  is "$(requests 'select((.headers.host | startswith("localhost")) and
    (.target | startswith("/redirect-to"))) | .headers.authorization')" null
}

@test "traps: a POST that times out is not sent again" {
  fetch 1 --discard --ndjson --timeout 200ms -d x "$ORIGIN_URL/stall?post"
  every '.attempts == 1 and .outcome == "timeout"'
  is "$(requests 'select(.target == "/stall?post") | .method')" POST
}

@test "traps: Content-Length is checked over HTTP/2, too" {
  fetch 1 --ndjson --http2 --retries 0 --cacert "$CA_FILE" \
    "$NGINX_TLS/truncate/1000/500"
  every '.error.kind == "proto" or .error.kind == "connect"'
  no_leftovers
  is "$(find . -name truncate -o -name 500)" ""
}

@test "traps: -o /dev/null leaves the device alone" {
  fetch 0 -o /dev/null --on-collision overwrite "$ORIGIN_URL/ok"
  [ -c /dev/null ]
}
