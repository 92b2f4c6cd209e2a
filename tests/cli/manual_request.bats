#!/usr/bin/env bats
# asynctool-fetch(1), the options that say what a request looks like, and whose
# it is.
load helper

setup() {
  begin
  start_origin
}

teardown() {
  stop_all
}

# echoed FILTER WORDS...: what the origin got
echoed() {
  local filter=$1
  shift
  fetch 0 -q -o - "$@" "$ORIGIN_URL/echo" || return
  jq -r "$filter" out
}

@test "request: it is a GET with Host, Accept and a User-Agent of ours" {
  is "$(echoed .method)" GET
  is "$(echoed .headers.host)" "127.0.0.1:$ORIGIN_PORT"
  has "$(echoed '.headers["user-agent"]')" asynctool/
}

@test "request: -X uses another method" {
  is "$(echoed .method -X OPTIONS)" OPTIONS
  is "$(echoed .method --request=PUT)" PUT
}

@test "request: -d sends a form, by POST, several joined with &" {
  is "$(echoed .body -d a=1 -d 'b=2 3')" 'a=1&b=2 3'
  is "$(echoed .method -d a=1)" POST
  is "$(echoed '.headers["content-type"]' -d a=1)" \
    application/x-www-form-urlencoded
}

@test "request: -d @FILE sends a file without its newlines" {
  printf 'a=1\r\n&b=2\n' >form
  is "$(echoed .body -d @form)" 'a=1&b=2'
}

@test "request: --data-binary sends it exactly as it is" {
  printf 'a\r\n\0b\n' >data
  fetch 0 -o - --data-binary @data "$ORIGIN_URL/echo?raw=1"
  cmp data out
  is "$(echoed .body --data-binary $'x\ny')" $'x\ny'
}

@test "request: -d with -X keeps the method, and an empty -d is a body, too" {
  is "$(echoed '.method + .body' -X PUT -d a)" PUTa
  is "$(echoed '.method + (.body_bytes | tostring)' -d '')" POST0
}

@test "request: a file that cannot be read is status 4 or 2, before anything" {
  for option in -d --data-binary -H; do
    status=0
    "$ASYNCTOOL" fetch "$option" @missing "$ORIGIN_URL/ok" >out 2>err ||
      status=$?
    [ "$status" -eq 2 ] || [ "$status" -eq 4 ]
    has "$(<err)" missing
  done
  is "$(<"$ORIGIN_LOG")" ""
}

@test "request: a body of 3 MB arrives" {
  head -c 3000000 /dev/zero >data
  is "$(echoed .body_bytes --data-binary @data)" 3000000
}

@test "request: -H sends a header, repeatedly" {
  is "$(echoed '.headers["x-a"] + .headers["x-b"]' -H 'X-A: 1' -H 'X-B: 2')" 12
}

@test "request: -H 'Name:' removes one that would be sent" {
  is "$(echoed '.headers["user-agent"]' -H 'User-Agent:')" null
  is "$(echoed '.headers.accept' -H 'Accept:')" null
}

@test "request: -H replaces one that would be sent" {
  is "$(echoed '.headers["user-agent"]' -H 'User-Agent: me')" me
  is "$(echoed '.headers.host' -H 'Host: other.example')" other.example
}

@test "request: -H @FILE has many" {
  printf 'X-A: 1\r\n\nX-B: 2\n' >headers
  is "$(echoed '.headers["x-a"] + .headers["x-b"]' -H @headers)" 12
}

@test "request: a header with a line break is refused" {
  status=0
  "$ASYNCTOOL" fetch -H $'X: 1\r\nY: 2' "$ORIGIN_URL/ok" >out 2>err || status=$?
  is "$status" 2
  is "$(<"$ORIGIN_LOG")" ""
}

@test "request: -A is the User-Agent, -e the Referer" {
  is "$(echoed '.headers["user-agent"]' -A me/1.0)" me/1.0
  is "$(echoed .headers.referer -e http://from.example/)" http://from.example/
}

@test "request: -I asks for the headers only" {
  fetch 0 --ndjson -I "$ORIGIN_URL/bytes/5000"
  every '.method == "HEAD" and .status == 200 and .bytes == 0'
  is "$(requests .method)" HEAD
}

@test "request: compressed answers are accepted and unpacked, or not" {
  has "$(echoed '.headers["accept-encoding"]')" gzip
  fetch 0 -o - "$ORIGIN_URL/gzip/5000"
  is "$(wc -c <out)" 5000
  is "$(echoed '.headers["accept-encoding"]' --no-compressed)" null
  fetch 0 -o - --no-compressed "$ORIGIN_URL/gzip/5000"
  gzip -dc <out | cmp - <(curl -sf "$ORIGIN_URL/bytes/5000")
}

sorted_cookies() {
  tr -d ' \n' | tr ';' '\n' | sort | tr -d '\n'
}

# Who asks.

@test "login: -u" {
  fetch 0 --discard -u "me:pass:word" "$ORIGIN_URL/auth/basic/me/pass:word"
  fetch 1 --discard --retries 0 -u me:wrong "$ORIGIN_URL/auth/basic/me/right"
  fetch 1 --discard --ndjson "$ORIGIN_URL/auth/basic/me/right"
  every '.status == 401 and .error.kind == "http" and .attempts == 1'
}

@test "login: in the URL" {
  fetch 0 --discard "http://me:right@127.0.0.1:$ORIGIN_PORT/auth/basic/me/right"
}

@test "login: -n takes it from ~/.netrc, --netrc-file from another file" {
  printf 'machine 127.0.0.1 login me password right\n' >"$HOME/.netrc"
  chmod 600 "$HOME/.netrc"
  fetch 0 --discard -n "$ORIGIN_URL/auth/basic/me/right"
  fetch 1 --discard "$ORIGIN_URL/auth/basic/me/right"
  mv "$HOME/.netrc" netrc
  fetch 0 --discard --netrc-file netrc "$ORIGIN_URL/auth/basic/me/right"
  fetch 1 --discard --netrc-file netrc --retries 0 \
    "http://localhost:$ORIGIN_PORT/auth/basic/me/right"
}

@test "login: --oauth2-bearer" {
  fetch 0 --discard --oauth2-bearer t0k3n "$ORIGIN_URL/auth/bearer/t0k3n"
}

@test "login: a token from a file of headers" {
  echo "Authorization: Bearer t0k3n" >token.header
  fetch 0 --discard -H @token.header "$ORIGIN_URL/auth/bearer/t0k3n"
}

@test "cookies: -b sends them" {
  is "$(echoed .headers.cookie -b a=1 -b 'b=2; c=3' | tr -d ' ')" 'a=1;b=2;c=3'
}

@test "cookies: without -b and -c none are kept" {
  fetch 0 -j 1 --discard "$ORIGIN_URL/cookie/set?a=1" "$ORIGIN_URL/cookie/echo"
  is "$(requests .headers.cookie | tail -n 1)" null
}

@test "cookies: -c keeps them, and writes them at the end" {
  fetch 0 -j 1 --discard -c jar "$ORIGIN_URL/cookie/set?a=1&b=2" \
    "$ORIGIN_URL/cookie/echo"
  is "$(requests .headers.cookie | tail -n 1 | sorted_cookies)" a=1b=2
  has "$(<jar)" "127.0.0.1"
  fetch 0 -o - -b jar "$ORIGIN_URL/cookie/echo"
  is "$(sorted_cookies <out)" a=1b=2
}

@test "cookies: with -c they are sent in parallel, too" {
  fetch 0 --discard -c jar "$ORIGIN_URL/cookie/set?a=1"
  urls 30 /cookie/echo >list
  fetch 0 -j 10 --discard -b jar -c jar list
  is "$(requests 'select(.target | test("echo")) | .headers.cookie' | sort -u)" \
    "a=1"
}

# Redirects.

@test "redirects: they are followed" {
  fetch 0 --ndjson --discard "$ORIGIN_URL/redirect/3"
  is "$(records .final_url)" "$ORIGIN_URL/ok"
  is "$(wc -l <"$ORIGIN_LOG")" 4
}

@test "redirects: at most --max-redirs" {
  fetch 0 --discard "$ORIGIN_URL/redirect/10"
  fetch 1 --discard --ndjson "$ORIGIN_URL/redirect/11"
  one_error http
  fetch 1 --discard --max-redirs 2 "$ORIGIN_URL/redirect/3"
  fetch 0 --discard --max-redirs 3 "$ORIGIN_URL/redirect/3"
}

@test "redirects: --no-location takes the redirect for the answer" {
  fetch 0 --ndjson --discard --no-location "$ORIGIN_URL/redirect/1"
  every '.status == 302 and .url == .final_url'
  is "$(wc -l <"$ORIGIN_LOG")" 1
}

@test "redirects: after 301 and 302 a POST becomes a GET, a PUT stays" {
  for code in 301 302; do
    url="$ORIGIN_URL/redirect-to?code=$code&url=/echo"
    fetch 0 -o - -d a=b "$url"
    is "$(jq -r '.method + .body + (.headers["content-type"] | tostring)' out)" \
      GETnull
    fetch 0 -o - -X PUT -d a=b "$url"
    is "$(jq -r '.method + .body' out)" PUTa=b
  done
}

@test "redirects: after 303 everything but HEAD becomes a GET" {
  url="$ORIGIN_URL/redirect-to?code=303&url=/echo"
  for method in POST PUT DELETE; do
    fetch 0 -o - -X "$method" -d a=b "$url"
    is "$(jq -r '.method + .body' out)" GET
  done
  fetch 0 --discard -I "$url"
  is "$(requests .method | tail -n 1)" HEAD
}

@test "redirects: after 307 and 308 the request stays as it is" {
  for code in 307 308; do
    fetch 0 -o - -d a=b "$ORIGIN_URL/redirect-to?code=$code&url=/echo"
    is "$(jq -r '.method + .body' out)" POSTa=b
  done
}

# headers_there HOST WORDS...: what arrives at that host after a redirect
headers_there() {
  local host=$1
  shift
  fetch 0 -4 -q -o - "$@" \
    "$ORIGIN_URL/redirect-to?url=http://$host:$ORIGIN_PORT/echo" || return
  jq -r '[.headers.authorization, .headers.cookie, .headers["x-other"]] |
    map(. // "-") | join(" ")' out
}

@test "redirects: login, cookies and authorisation go to the same host" {
  has "$(headers_there 127.0.0.1 -u me:pw)" "Basic "
  is "$(headers_there 127.0.0.1 -H 'Authorization: t' -b a=1 -H 'X-Other: o')" \
    "t a=1 o"
}

@test "redirects: they do not go to another host" {
  is "$(headers_there localhost -u me:pw -b a=1)" "- - -"
  is "$(headers_there localhost -H 'Authorization: t' -H 'Cookie: a=1' \
    -H 'X-Other: o')" "- - o"
  is "$(headers_there localhost --oauth2-bearer t)" "- - -"
  printf 'machine 127.0.0.1 login me password right\n' >netrc
  is "$(headers_there localhost --netrc-file netrc)" "- - -"
  is "$(ORIGIN_URL=http://me:pw@127.0.0.1:$ORIGIN_PORT \
    headers_there localhost)" "- - -"
}

@test "redirects: they do not go to another port" {
  first=$ORIGIN_PORT
  start_origin
  fetch 0 -o - -u me:pw -b a=1 \
    "http://127.0.0.1:$first/redirect-to?url=$ORIGIN_URL/echo"
  is "$(jq -c '[.headers.authorization, .headers.cookie]' out)" '[null,null]'
}
