#!/usr/bin/env bats
# asynctool-fetch(1), "Connection": addresses, proxies, TLS, HTTP/2.
load helper

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
  begin
}

teardown() {
  stop_all
}

# echoed FILTER WORDS...: what the origin got
echoed() {
  local filter=$1
  shift
  fetch 0 -q -o - "$@" || return
  jq -r "$filter" out
}

refused() { # KIND WORDS...
  local kind=$1
  shift
  fetch 1 --ndjson --discard "$@" || return
  one_error "$kind"
}

@test "tls: a certificate is verified against --cacert" {
  fetch 0 --ndjson --discard --cacert "$CA_FILE" "$NGINX_TLS/ok"
  every '.status == 200 and .time.tls >= .time.connect'
}

@test "tls: an authority that is not known is refused, and not tried again" {
  refused tls "$NGINX_TLS/ok"
  every '.attempts == 1 and (.error.message | test("certificate"))'
}

@test "tls: a certificate that signed itself is refused" {
  refused tls --cacert "$CA_FILE" "$NGINX_SELF/ok"
}

@test "tls: the certificate of another host is refused" {
  refused tls --cacert "$CA_FILE" "$NGINX_WRONG/ok"
}

@test "tls: -k accepts them all" {
  fetch 0 --ndjson --discard -k "$NGINX_TLS/ok" "$NGINX_SELF/ok" "$NGINX_WRONG/ok"
  every '.status == 200'
}

@test "tls: one bad certificate does not hurt the others" {
  fetch 1 --ndjson --discard --cacert "$CA_FILE" "$NGINX_TLS/ok" \
    "$NGINX_SELF/ok" "$NGINX_TLS/ok/2"
  is "$(records .outcome | sort | tr '\n' ' ')" "failed ok ok "
}

@test "tls: a server that wants a certificate gets that of -E and --key" {
  refused http --cacert "$CA_FILE" "$NGINX_CLIENT/ok" # nginx: 400
  is "$(echoed '.headers["x-client-certificate"]' --cacert "$CA_FILE" \
    -E "$TLS_DIR/client.pem" --key "$TLS_DIR/client.key" "$NGINX_CLIENT/echo")" \
    CN=someone
}

@test "tls: -E with a file of both needs no --key" {
  cat "$TLS_DIR/client.pem" "$TLS_DIR/client.key" >both.pem
  fetch 0 --discard --cacert "$CA_FILE" -E both.pem "$NGINX_CLIENT/ok"
}

@test "tls: files that cannot be used are said so" {
  status=0
  "$ASYNCTOOL" fetch --ndjson --discard --cacert missing.pem "$NGINX_TLS/ok" \
    >out 2>err || status=$?
  [ "$status" -ne 0 ]
  has "$(cat out err)" missing.pem
}

@test "tls: HTTP where TLS is spoken fails" {
  refused http "${NGINX_TLS/https/http}/ok" # nginx: 400
}

@test "tls: a server that does not take part in the handshake is a timeout" {
  refused timeout -k --retries 0 --connect-timeout 300ms \
    "${ORIGIN_URL/http/https}/ok"
}

@test "http: --http2 asks for it, --http1.1 never" {
  is "$(echoed '.headers["x-protocol"]' --cacert "$CA_FILE" --http2 \
    "$NGINX_TLS/echo")" HTTP/2.0
  is "$(echoed '.headers["x-protocol"]' --cacert "$CA_FILE" --http1.1 \
    "$NGINX_TLS/echo")" HTTP/1.1
  is "$(echoed '.headers["x-protocol"]' "$NGINX_HTTP/echo")" HTTP/1.1
  fetch 0 --ndjson --discard --cacert "$CA_FILE" --http2 "$NGINX_TLS/ok"
  is "$(records .http_version)" 2
}

@test "http: HTTP/2 carries many at once" {
  for i in {1..100}; do echo "$NGINX_TLS/bytes/20000/$i"; done >list
  fetch 0 -j 20 --ndjson --dir dir --cacert "$CA_FILE" --http2 list
  total 100
  every '.outcome == "ok" and .bytes == 20000'
  is "$(find dir -type f -size 20000c | wc -l)" 100
}

@test "redirects: from https to http is refused, but for --allow-downgrade" {
  url="$NGINX_TLS/redirect-to?url=$NGINX_HTTP/echo"
  refused http --cacert "$CA_FILE" "$url"
  is "$(echoed '.headers["x-scheme"]' --cacert "$CA_FILE" --allow-downgrade \
    "$url")" http
}

@test "redirects: from http to https is followed, without the login" {
  url="$NGINX_HTTP/redirect-to?url=$NGINX_TLS/echo"
  is "$(echoed '.headers["x-scheme"] + (.headers.authorization | tostring)' \
    --cacert "$CA_FILE" -u me:pw "$url")" httpsnull
}

@test "address: --resolve uses it for that host and port" {
  port=${NGINX_TLS##*:}
  is "$(echoed .headers.host --cacert "$CA_FILE" -k \
    --resolve "web.example:$port:127.0.0.1" "https://web.example:$port/echo")" \
    "web.example:$port"
  fetch 0 --ndjson --discard --resolve "a.example:$ORIGIN_PORT:127.0.0.1" \
    --resolve "b.example:$ORIGIN_PORT:127.0.0.1" \
    "http://a.example:$ORIGIN_PORT/ok" "http://b.example:$ORIGIN_PORT/ok"
}

@test "address: --connect-to goes there, and asks for the first" {
  is "$(echoed .headers.host \
    --connect-to "web.example:80:127.0.0.1:$ORIGIN_PORT" \
    http://web.example/echo)" web.example
}

@test "address: --unix-socket" {
  background "$ORIGIN" --unix "$PWD/socket" --log log >origin.out 2>&1
  until_true test -S socket
  is "$(echoed .headers.host --unix-socket socket http://web.example/echo)" \
    web.example
  refused connect --retries 0 --unix-socket missing http://web.example/ok
}

@test "address: --interface connects from there" {
  fetch 0 --discard --interface 127.0.0.1 "$ORIGIN_URL/ok"
  fetch 0 --discard --interface lo "$ORIGIN_URL/ok"
  refused connect --retries 0 --interface no-such-if "$ORIGIN_URL/ok"
}

@test "address: -4 and -6 use addresses of that kind only" {
  fetch 0 --ndjson --discard -4 "http://localhost:$ORIGIN_PORT/ok"
  is "$(records .remote_ip)" 127.0.0.1
  ip -6 addr show lo 2>/dev/null | grep -q ::1 || skip "no IPv6"
  background "$ORIGIN" --address ::1 --port 0 --port-file port >origin.out 2>&1
  until_true test -s port
  fetch 0 --ndjson --discard -6 "http://[::1]:$(<port)/ok"
  is "$(records .remote_ip)" ::1
  fetch 1 --ndjson --discard --retries 0 -4 "http://[::1]:$(<port)/ok"
}

@test "address: a name with both kinds of address reaches a server with one" {
  fetch 0 --ndjson --discard "http://localhost:$ORIGIN_PORT/ok"
}

@test "address: --keepalive and --no-keepalive are accepted" {
  fetch 0 --discard --keepalive "$ORIGIN_URL/ok"
  fetch 0 --discard --no-keepalive "$ORIGIN_URL/ok"
}

# Proxies: the origin answers requests for other hosts, too.

seen() { # the targets for a host that does not exist
  requests 'select(.headers.host == "web.invalid") | .target' | sort -u
}

@test "proxy: -x goes through it" {
  fetch 0 --discard -x "$ORIGIN_URL" http://web.invalid/ok/by-option
  has "$(seen)" http://web.invalid/ok/by-option
}

@test "proxy: by default the environment decides" {
  http_proxy=$ORIGIN_URL fetch 0 --discard http://web.invalid/ok/by-environment
  has "$(seen)" http://web.invalid/ok/by-environment
  http_proxy=$ORIGIN_URL no_proxy=127.0.0.1 fetch 0 --discard \
    "$ORIGIN_URL/ok/directly"
  is "$(requests .target | grep -c '^/ok/directly')" 1
}

@test "proxy: --noproxy hosts are reached without it" {
  fetch 0 --discard -x "http://127.0.0.1:$(free_ports 1)" \
    --noproxy 127.0.0.1,other "$ORIGIN_URL/ok"
}

@test "proxy: one that is not there is an error of the connection" {
  refused connect --retries 0 -x "http://127.0.0.1:$(free_ports 1)" \
    http://web.invalid/ok
}

@test "connections: they are kept for the next request to the same host" {
  for i in {1..20}; do echo "$ORIGIN_URL/ok/kept/$i"; done >list
  fetch 0 -j 2 --ndjson --discard list
  is "$(requests 'select(.target | test("/kept/")) | .connection' | sort -u |
    wc -l)" 2
}
