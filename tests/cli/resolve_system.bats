#!/usr/bin/env bats
# asynctool resolve --system: names as other programs look them up. The hosts
# file and resolv.conf are ours, in a mount namespace of our own; c-ares reads no
# port there, so the responder listens on port 53 of an address of its own.
load resolve

setup() {
  begin_resolve
  unshare -m true 2>/dev/null || skip "no mount namespace of our own"
  local address=127.$((1 + RANDOM % 250)).$((RANDOM % 250)).$((1 + RANDOM % 250))
  start_at "$address" || skip "port 53 of $address is not ours"
  printf 'nameserver %s\nsearch strict.test other.test\n' "$address" >resolv
  cat >hosts <<END
127.0.0.1 localhost
::1 localhost ip6-localhost
10.0.0.1 web.corp web
10.0.0.2 both
2001:db8::2 both
2001:db8::6 six
END
}

teardown() {
  stop_servers
}

start_at() {
  responder_start --address "$1" --port 53 >/dev/null 2>&1 || {
    # shellcheck disable=SC2034 # it ended by itself
    RESPONDER_PIDS=()
    return 1
  }
  export RESPONDER=$1
}

# system STATUS WORDS...: resolve --system, with the files hosts and resolv
system() {
  local expected=$1
  shift
  status=0
  # shellcheck disable=SC2016 # $@ is the inner shell's
  unshare -m sh -c 'mount --bind hosts /etc/hosts &&
    mount --bind resolv /etc/resolv.conf && exec "$@"' sh \
    "$ASYNCTOOL" resolve --system "$@" >out 2>err 3>&- || status=$?
  no_sanitizer_report err || return 1
  [ "$status" -eq "$expected" ] && return
  echo "exit status $status, not $expected: asynctool resolve --system $*"
  head -c 2000 out
  head -c 2000 err
  return 1
}

# refuses WORD WORDS...: a wrong command line, and the message has the word
refuses() {
  local word=$1
  shift
  resolve 2 --system "$@" name.test </dev/null
  grep -q -e "$word.*--system" err || { cat err; return 1; }
  is "$(<out)" ""
}

@test "system: the hosts file answers, without a query" {
  system 0 web both six localhost
  lines_are "both. A 10.0.0.2
both. AAAA 2001:db8::2
localhost. A 127.0.0.1
localhost. AAAA ::1
six. AAAA 2001:db8::6
web.corp. A 10.0.0.1"
  queries_are 0
}

@test "system: an empty resolv.conf is fine if the hosts file answers" {
  : >resolv
  system 0 --format short -t A web both 10.0.0.1 'six AAAA'
  lines_are "10.0.0.1
10.0.0.2
10.0.0.1
2001:db8::6"
}

@test "system: without a resolver, what is not in the hosts file fails" {
  echo "nameserver 127.0.0.1" >resolv
  kdig @127.0.0.1 +time=1 +retry=0 a.test >/dev/null 2>&1 &&
    skip "there is a resolver at 127.0.0.1"
  # Of both families c-ares might miss that one was refused.
  system 1 --ndjson --retries 1 'elsewhere.example A' web
  is "$(words '"\(.input) \(.outcome) \(.error.kind)"')" \
    "elsewhere.example A failed connect web ok null"
  is "$(records 'select(.input != "web") | .attempts')" 2
}

@test "system: both families are one question, in one record" {
  system 0 --ndjson a.test. 'b.test. A' 'c.test. AAAA' 'd.test. AAAA,A'
  total 4
  every '.outcome == "ok" and .rcode == "NOERROR" and .result == "answer"'
  is "$(words '"\(.name) \(.qtype) \(.answers | length)"')" \
    "a.test. A,AAAA 2 b.test. A 1 c.test. AAAA 1 d.test. A,AAAA 2"
  every '.resolver == null and .proto == null and .rtt_ms == null'
  every 'all(.answers[]; .ttl == 300)'
}

@test "system: the TTL is null where there is none" {
  system 0 --ndjson web ttl77-a.test. 10.0.0.1 192.0.2.1
  is "$(words '"\(.input) \(.answers[0].ttl)"')" \
    "10.0.0.1 null 192.0.2.1 300 ttl77-a.test. 77 web null"
}

@test "system: the search list is tried, but not for an absolute name" {
  system 0 --ndjson www api.strict.test www.strict.test.
  is "$(words '"\(.name) \(.answers[0].name)"')" \
    "api.strict.test api.strict.test. www www.strict.test. www.strict.test. www.strict.test."
  system 0 -t A --format short nx-x.strict.test.
  is "$(queries 'select(.name | startswith("nx-x")) | .name' | sort -u)" \
    nx-x.strict.test.
}

@test "system: that there is no such name, or no address, is an answer" {
  system 0 --ndjson nx-a.test. nodata-a.test.
  is "$(words '"\(.input) \(.outcome) \(.rcode) \(.result) \(.answers)"')" \
    "nodata-a.test. ok NOERROR nodata [] nx-a.test. ok NXDOMAIN nxdomain []"
}

@test "system: --fail-on, --only and --failed hold" {
  system 1 --fail-on nxdomain --failed rest.txt web nx-a.test.
  is "$(<rest.txt)" nx-a.test.
  system 0 --only NXDOMAIN --format '{name}\n' web nx-a.test.
  is "$(<out)" nx-a.test.
  system 0 --only AAAA --format list web six both
  lines_are $'both\nsix'
}

@test "system: addresses have the names of the hosts file, then those of DNS" {
  system 0 10.0.0.1 2001:db8::2 192.0.2.7
  grep -Fx '1.0.0.10.in-addr.arpa. PTR web.corp.' out
  grep -Fx '1.0.0.10.in-addr.arpa. PTR web.' out
  grep -x '2\.0\.0\.0.*\.ip6\.arpa\. PTR both\.' out
  grep '^7\.2\.0\.192\.in-addr\.arpa\. PTR ' out
  queries_are 1
}

@test "system: -x takes networks, -t PTR addresses" {
  system 0 -x 10.0.0.0/30 --format short
  grep -qx both. out
  grep -qx web.corp. out
  system 0 -t PTR --ndjson 10.0.0.2 2.0.0.10.in-addr.arpa.
  every '.answers[0].data == "both." and .qtype == "PTR"'
  system 0 --ndjson '10.0.0.2 PTR' '10.0.0.2 A'
  is "$(words '"\(.qtype) \(.answers[0].data)"')" "A 10.0.0.2 PTR both."
}

@test "system: no answer is no answer about addresses, either" {
  system 1 --ndjson --retries 0 --attempt-timeout 100ms \
    drop-a.test. --fail-on nodata web
  is "$(words '"\(.input) \(.outcome) \(.error.kind)"')" \
    "drop-a.test. timeout timeout web ok null"
}

@test "system: SERVFAIL is no answer, and is tried again" {
  system 1 --ndjson --retries 2 servfail-a.test. sick2-b.test.
  is "$(words '"\(.input) \(.outcome) \(.attempts)"')" \
    "servfail-a.test. failed 3 sick2-b.test. ok 3"
}

@test "system: --retries says how often, --retry-on whether" {
  system 1 --ndjson --attempt-timeout 50ms --retries 3 -t A drop-a.test.
  every '.attempts == 4'
  queries_are 4
  system 1 --ndjson --attempt-timeout 50ms --retry-on SERVFAIL -t A drop-b.test.
  every '.attempts == 1'
}

@test "system: --timeout is for a question with its retries" {
  local start=$EPOCHREALTIME
  system 1 --ndjson --timeout 300ms drop-a.test.
  every '.outcome == "timeout" and .error.kind == "timeout"'
  seconds_since "$start" 8
}

@test "system: equal names in flight are one query" {
  for _ in {1..20}; do echo delay300-a.test.; done >list
  system 0 --ndjson -t A list
  total 20
  every '.outcome == "ok"'
  queries_are 1
}

@test "system: thousands of names, one record each" {
  names 3000 >list
  echo nx-n.test >>list
  system 0 --ndjson list
  same_names list
  every '.outcome == "ok"'
}

@test "system: --deadline stops it, and the rest is skipped" {
  names 50 'drop-n%g.test' >list
  system 3 --ndjson -j 10 --deadline 300ms list
  same_names list
  every '.outcome == "canceled" or .outcome == "skipped"'
}

@test "system: an entry that wants another thing is an error of the input" {
  system 1 --ndjson 'a.test MX' 'b.test @127.0.0.1' 'c.test A PTR' \
    'web PTR' 'a..b' web
  total 6
  is "$(words '"\(.input) \(.error.kind)"')" \
    "a..b input a.test MX input b.test @127.0.0.1 input c.test A PTR input web PTR input web null"
  is "$(records 'select(.input == "a.test MX") | .error.message')" \
    "--system looks up A, AAAA, or both, or PTR of an address, and no other type"
}

@test "system: NDJSON entries have types and no resolvers" {
  printf '%s\n' '{"name":"both","type":["A","AAAA"]}' \
    '{"name":"both","type":"A"}' '{"name":"both","resolver":"127.0.0.1"}' >list
  system 1 --ndjson --keep-order --input-format ndjson list
  is "$(records '"\(.qtype) \(.error.kind)"')" "A,AAAA null
A null
null input"
}

@test "system: its records ask the same again, and those of others ask it" {
  system 0 --ndjson --keep-order www both 10.0.0.1
  cp out first
  system 0 --ndjson --keep-order first
  is "$(records '[.name, .qtype, .answers[].data] | @csv')" \
    "$(records '[.name, .qtype, .answers[].data] | @csv' first)"
  ask 0 --ndjson -t A web.test
  system 0 --ndjson out
}

@test "system: --brute, --dedup" {
  printf 'www\nmail\nnothing\n' >words.txt
  system 0 --brute words.txt --format list -t A strict.test.
  lines_are $'mail.strict.test.\nwww.strict.test.'
  system 0 --dedup --ndjson www www www. WWW
  total 2
}

@test "system: -j auto" {
  for i in $(seq 300); do
    echo "10.1.0.1 n$i" >>hosts
  done
  names 300 'n%g' >list
  system 0 --ndjson -j auto -t A list
  same_names list
}

@test "system: formats that need no message" {
  system 0 --format csv --fields name,qtype,rcode web
  grep -F '"A,AAAA",NOERROR' out
  system 0 --format '{name} {result}\n' web
  is "$(<out)" "web answer"
}

@test "system: what says how DNS is to be asked is refused" {
  echo 127.0.0.1 >list
  refuses --resolvers -r 127.0.0.1
  refuses @RESOLVER @127.0.0.1
  refuses --trusted --trusted list
  refuses --tcp --tcp always
  refuses --tcp +tcp
  refuses --dnssec --dnssec
  refuses --no-recurse --no-recurse
  refuses --no-edns +noedns
  refuses --ecs --ecs 192.0.2.0/24
  refuses --agree --agree 1/1
  refuses --compare --compare
  refuses --soa-check --soa-check
  refuses --wildcard --wildcard filter
  refuses --details --details
  refuses --ipv4 -4
  refuses --ipv6 -6
  refuses --class -c CH
  refuses --rotate --rotate random
  refuses --sockets --sockets 2
  refuses --check-resolvers --check-resolvers=only
  refuses "--format full" --format full
  refuses "--format zone" --format zone
  refuses "--format wire" --format wire
  refuses "--type: expected A" -t MX
  refuses "--type: expected A" -t A,PTR
}

@test "system: the first signal cancels what is asked" {
  # shellcheck disable=SC2016 # $@ is the inner shell's
  background unshare -m sh -c 'mount --bind resolv /etc/resolv.conf &&
    exec "$@"' sh "$ASYNCTOOL" resolve --system --ndjson --grace 0s \
    drop-a.test. >out 2>err
  until_true grep -q drop-a "$RESPONDER_LOG"
  kill -TERM "${background_pid:?}"
  wait "$background_pid" || true
  no_sanitizer_report err
  total 1
  every '.outcome == "canceled"'
}
