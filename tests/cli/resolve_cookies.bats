#!/usr/bin/env bats
# asynctool-resolve(1), --cookie: what is sent to whom, what is believed, and
# servers that want their cookie back. knot has the module for it.
load resolve

setup_file() {
  load resolve
  begin_resolve
  start_knot
}

teardown_file() {
  load resolve
  stop_all
}

setup() {
  begin_resolve
}

teardown() {
  responder_stop
}

# cookies: "udp 8 16": how each query came, and the bytes of its cookie
cookies() {
  queries '"\(.proto) \(.cookie_bytes)"' | tr '\n' ',' | sed 's/,$//'
}

# with_cookie WORDS...: asks the responder, one after the other
with_cookie() {
  ask 0 --cookie --ndjson --details -j 1 "$@"
  every '.attempts == 1'
}

# nearly_all_at_once N: of N records. A busy machine may lose a datagram, or be
# late, and then there is another attempt.
nearly_all_at_once() {
  [ "$(records 'select(.attempts == 1 and .proto == "udp") | .seq' | wc -l)" \
    -gt $((9 * $1 / 10)) ]
}

@test "cookie: the server's is sent back from then on" {
  responder_start
  with_cookie a.test b.test
  is "$(cookies)" "udp 8,udp 16"
  every '.cookie == "good"'
}

@test "cookie: without the option there is none" {
  responder_start
  ask 0 --ndjson --details a.test
  is "$(cookies)" "udp 0"
  every '.cookie == null'
  ask 0 --cookie --no-edns --ndjson --details a.test
  every '.cookie == null'
}

@test "cookie: a server that wants its own back gets it, at once" {
  responder_start --always cookie
  with_cookie a.test b.test
  is "$(cookies)" "udp 8,udp 16,udp 16"
  every '.rcode == "NOERROR" and .proto == "udp" and .cookie == "good"'
}

@test "cookie: with a thousand names at once, too" {
  responder_start --always cookie
  names 1000 >list
  ask 0 --cookie --ndjson --details list
  same_names list
  every '.rcode == "NOERROR" and .cookie == "good"'
  nearly_all_at_once 1000
  [ "$(wc -l <"$RESPONDER_LOG")" -le 2200 ]
}

@test "cookie: one that changes while thousands are on their way loses no name" {
  responder_start --always cookie50
  names 2000 >list
  ask 0 --cookie --ndjson --details list
  same_names list
  every '.rcode == "NOERROR" and .cookie == "good"'
}

@test "cookie: a server that wants another one again is asked over TCP" {
  responder_start --always stale
  with_cookie a.test
  is "$(cookies)" "udp 8,udp 16,tcp 16"
  every '.rcode == "NOERROR" and .proto == "tcp"'
  ask 1 --cookie --ndjson --tcp never --retries 0 b.test
  is "$(records .rcode)" BADCOOKIE
}

@test "cookie: a reply that does not repeat ours is forged, and the wait goes on" {
  responder_start
  names 300 'impostor-n%g.test' >list
  ask 0 --cookie --ndjson list
  same_names list
  every '.rcode == "NOERROR"'
  nearly_all_at_once 300
}

@test "cookie: without it such a reply is taken for the answer" {
  responder_start
  ask 1 --ndjson --ednsopt 10:0011223344556677 --retries 0 impostor-a.test
  is "$(records .rcode)" REFUSED
}

@test "cookie: who knows nothing of them is asked as ever" {
  responder_start --always nocookie
  with_cookie a.test b.test
  is "$(cookies)" "udp 8,udp 8"
  every '.cookie == "none" and .proto == "udp"'
}

@test "cookie: who had one and has none any more is asked over TCP, once" {
  responder_start
  with_cookie a.test nocookie-b.test nocookie-c.test d.test e.test
  is "$(cookies)" "udp 8,udp 16,tcp 16,udp 8,udp 8,udp 16"
  is "$(words '"\(.input) \(.proto) \(.cookie)"')" "a.test udp good \
d.test udp good e.test udp good nocookie-b.test tcp none nocookie-c.test udp none"
}

@test "cookie: over TCP they are the same" {
  responder_start --always cookie
  with_cookie --tcp always a.test b.test
  is "$(cookies)" "tcp 8,tcp 16"
  every '.cookie == "good"'
}

@test "cookie: each resolver gets its own" {
  local all=() list
  for _ in 1 2 3; do
    responder_start --always cookie
    all+=("$RESPONDER_LOG")
    list=${list:+$list,}$RESPONDER
  done
  names 300 >list.txt
  resolve 0 --cookie --ndjson --details --rotate round -r "$list" list.txt
  same_names list.txt
  every '.cookie == "good"'
  nearly_all_at_once 300
  # The bytes behind the option's code: ours differ.
  for log in "${all[@]}"; do
    jq -r .query "$log" | sed 's/.*000a00[01][80]//' | cut -c 1-16 | sort -u
  done >ours
  is "$(wc -l <ours)" 3
  is "$(sort -u ours | wc -l)" 3
}

@test "cookie: also among many resolvers, which share sockets" {
  local i port
  port=$(free_ports 1)
  responder_start --always cookie
  for i in $(seq 40); do
    echo "127.0.1.$i:$port"
  done >others.txt
  names 100 "n%g.test A @$RESPONDER" >list
  resolve 0 --cookie --ndjson --details --check-resolvers=off -r others.txt list
  total 100
  every '.cookie == "good"'
  nearly_all_at_once 100
}

@test "cookie: with votes about each name" {
  local list=
  for _ in 1 2 3; do
    responder_start --always cookie
    list=${list:+$list,}$RESPONDER
  done
  names 100 >list.txt
  resolve 0 --cookie --ndjson --agree 3/3 -r "$list" list.txt
  same_names list.txt
  every '.agree == "3/3"'
}

@test "cookie: knot that wants them answers, as it answers kdig" {
  ask_knot 0 --cookie --ndjson --details -j 1 a.types.test types.test
  every '.attempts == 1 and .proto == "udp" and .cookie == "good"'
  kdig "@127.0.0.1" -p "$KNOT_PORT" +cookie +norec a.types.test >dug
  grep -q 'status: BADCOOKIE' dug # once; then with the cookie
  has "$(<dug)" "$(records '.answers[] | select(.type == "A") | .data')"
  seq -f 'n%g.wild.test' 2000 >list
  ask_knot 0 --cookie --ndjson --details -j 20 list
  same_names list
  every '.cookie == "good"'
  nearly_all_at_once 2000
}
