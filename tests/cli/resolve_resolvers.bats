#!/usr/bin/env bats
# asynctool-resolve(1), "Whom it asks": lists of resolvers, their options, their
# health, and what one bad one costs.
load resolve

setup() {
  begin_resolve
}

teardown() {
  stop_servers
}

# several N [OPTION...]: starts so many; `list` has their addresses, `logs` theirs
several() {
  local count=$1 i
  shift
  list='' logs=()
  for ((i = 0; i < count; i++)); do
    responder_start "$@"
    list=$list${list:+,}$RESPONDER
    logs+=("$RESPONDER_LOG")
  done
}

# by_resolver: "COUNT ADDRESS" of the records, sorted by address
by_resolver() {
  records .resolver | sort | uniq -c | sed 's/^ *//'
}

# Lists.

@test "resolvers: -r takes addresses separated by commas, and adds up" {
  several 3
  names 300 >list.txt
  resolve 0 --ndjson -r "${list%,*}" -r "${list##*,}" list.txt
  is "$(by_resolver | wc -l)" 3
}

@test "resolvers: -r takes a file, with comments and options" {
  several 2
  names 100 >list.txt
  {
    echo '# ours'
    echo
    tr , '\n' <<<"$list" | sed 's/$/ weight=2 jobs=5/'
    echo '; more'
  } >resolvers.txt
  resolve 0 --ndjson -r resolvers.txt list.txt
  is "$(by_resolver | wc -l)" 2
}

@test "resolvers: a line that is none is a wrong command line, and says its number" {
  printf '127.0.0.1\nnonsense\n' >resolvers.txt
  resolve 2 -r resolvers.txt a.test
  has "$(<err)" "resolvers.txt, line 2"
  has "$(<err)" nonsense
  resolve 2 -r 127.0.0.1,nonsense a.test
  has "$(<err)" nonsense
  printf '127.0.0.1 rate=much\n' >resolvers.txt
  resolve 2 -r resolvers.txt a.test
  has "$(<err)" "line 1"
}

@test "resolvers: every record says who answered, and how long that took" {
  several 2 --always delay50
  names 20 >list.txt
  resolve 0 --ndjson -r "$list" list.txt
  every '(.resolver | startswith("udp://127.0.0.1:")) and .rtt_ms >= 45 and
    .rtt_ms < 5000 and .proto == "udp"'
}

@test "resolvers: the system's, when none are named" {
  # There may be none here; then it says so before it reads.
  status=0
  timeout 20 "$ASYNCTOOL" resolve --timeout 300ms --retries 0 --ndjson \
    localhost.invalid. >out 2>err || status=$?
  if [ "$status" -eq 4 ]; then
    has "$(<err)" resolver
  else
    total 1
  fi
}

@test "resolvers: -4 and -6 choose among them; with none left, status 4" {
  responder_start
  resolve 4 -6 -r "$RESPONDER" a.test
  has "$(<err)" "no resolver to ask"
  resolve 0 -4 -r "$RESPONDER" a.test
}

@test "resolvers: over IPv6" {
  has_ipv6 || skip "no IPv6"
  responder_start --address ::1
  resolve 0 --ndjson -r "[::1]:$RESPONDER_PORT" a.test
  is "$(records .resolver)" "udp://[::1]:$RESPONDER_PORT"
  resolve 4 -4 -r "[::1]:$RESPONDER_PORT" a.test
}

@test "resolvers: without one, status 4 before the input is read" {
  mkfifo pipe
  background bash -c 'exec sleep 50 >pipe'
  : >empty
  local began=$EPOCHREALTIME
  resolve 4 -r empty --input pipe
  resolve 4 -6 -r 127.0.0.1 - <pipe
  seconds_since "$began" 10
  is "$(<out)" ""
  has "$(<err)" "no resolver to ask"
}

@test "resolvers: -b is the address that queries come from" {
  responder_start
  resolve 0 -b 127.0.0.2 -r "$RESPONDER" a.test
  resolve 0 -b 127.0.0.2 --tcp always -r "$RESPONDER" a.test
  resolve 2 -b nonsense -r "$RESPONDER" a.test
}

@test "resolvers: --sockets is from how many ports they are asked, at least" {
  names 200 >list.txt
  responder_start
  for n in 1 3; do
    : >"$RESPONDER_LOG"
    ask 0 --ndjson -j 20 --sockets "$n" list.txt
    total 200
    is "$(queries .port | sort -u | wc -l)" "$n"
  done
  responder_start
  ask 0 --ndjson -j 20 list.txt
  is "$(queries .port | sort -u | wc -l)" 4
}

@test "resolvers: one question needs one socket" {
  responder_start
  ask 0 --ndjson --sockets 8 one.test
  is "$(queries .port | sort -u | wc -l)" 1
  resolve 2 --sockets 0 one.test
}

@test "resolvers: an address of ours that is none of ours fails, and says so" {
  responder_start
  resolve 1 --ndjson --timeout 2s -b 192.0.2.77 -r "$RESPONDER" a.test
  total 1
  every '.outcome != "ok"'
}

# Rotation.

@test "rotate: round is one after the other" {
  several 3
  names 30 >list.txt
  resolve 0 --ndjson -j 1 --rotate round -r "$list" list.txt
  is "$(by_resolver | cut -d ' ' -f 1 | tr '\n' ' ')" "10 10 10 "
}

@test "rotate: random asks all of them" {
  several 3
  names 600 >list.txt
  resolve 0 --ndjson -j 30 --seed 7 --rotate random -r "$list" list.txt
  is "$(by_resolver | wc -l)" 3
  by_resolver | while read -r count _; do [ "$count" -gt 120 ]; done
}

@test "rotate: hash is the same one for the same name" {
  several 4
  names 60 >list.txt
  resolve 0 --ndjson --rotate hash -r "$list" list.txt
  records '"\(.name) \(.resolver)"' | sort >first
  is "$(by_resolver | wc -l)" 4
  resolve 0 --ndjson --rotate hash -j 1 -r "$list" list.txt
  records '"\(.name) \(.resolver)"' | sort | diff first -
}

@test "rotate: sticky tries the same one again" {
  several 3
  names 40 'sick1-n%g.test' >list.txt
  resolve 0 --ndjson --rotate sticky -r "$list" list.txt
  every '.attempts == 2'
  local log
  for log in "${logs[@]}"; do
    is "$(jq -r .name "$log" | sort | uniq -c | awk '$1 != 2' | wc -l)" 0
  done
}

@test "rotate: fastest prefers the faster" {
  several 1
  local fast=$list
  several 1 --always delay100
  names 300 >list.txt
  resolve 0 --ndjson -j 4 -r "$fast,$list" list.txt
  [ "$(records .resolver | grep -c "$fast")" -gt 250 ]
}

@test "rotate: weights are shares" {
  several 2
  tr , '\n' <<<"$list" | sed '1s/$/ weight=9/' >resolvers.txt
  names 1000 >list.txt
  resolve 0 --ndjson -j 20 --rotate random -r resolvers.txt list.txt
  [ "$(records .resolver | grep -c "${list%,*}")" -gt 700 ]
}

# One that is bad.

@test "health: a retry goes to another one while there is one" {
  several 3
  { names 3; names 3 'refused-n%g.test'; } >list.txt
  resolve 1 --ndjson -j 1 --retries 2 --rotate round -r "$list" list.txt
  every '.attempts == if .result == "answer" then 1 else 3 end'
  local log
  for log in "${logs[@]}"; do
    is "$(jq -r .name "$log" | grep -c refused)" 3
  done
}

@test "health: a dead one in a list costs time, never names" {
  several 2
  names 2000 >list.txt
  local began=$EPOCHREALTIME
  resolve 0 --ndjson --attempt-timeout 300ms -r "$(nobody_listens),$list" list.txt
  seconds_since "$began" 30
  same_names list.txt
  every '.result == "answer"'
}

@test "health: attempts at those who never answered anybody do not count" {
  several 3 --always refused
  local bad=$list
  several 1
  names 200 >list.txt
  resolve 0 --ndjson --check-resolvers=off --retries 0 \
    -r "$(nobody_listens),$(nobody_listens),$bad,$list" list.txt
  same_names list.txt
  every '.result == "answer" and .attempts == 1'
}

@test "health: one of a thousand is alive: that costs time, never names" {
  several 1
  local closed
  closed=$(free_ports 1)
  for i in $(seq 1000); do
    echo "127.2.$((i / 250)).$((i % 250 + 1)):$closed"
  done >resolvers.txt
  echo "$list" >>resolvers.txt
  names 3000 >list.txt
  resolve 0 --ndjson --check-resolvers=off --attempt-timeout 300ms \
    -r resolvers.txt list.txt
  same_names list.txt
  every '.result == "answer"'
  # Those that were checked need not prove it again.
  resolve 0 --ndjson -r resolvers.txt n1.test
  every '.result == "answer"'
}

@test "health: nine of ten say nothing: that costs time, never names" {
  several 9 --always drop
  local silent=$list
  several 1
  names 1000 >list.txt
  resolve 0 --ndjson --check-resolvers=off --attempt-timeout 300ms \
    -r "$silent,$list" list.txt
  same_names list.txt
  every '.result == "answer"'
}

@test "health: silent ones among many cost time, never names" {
  several 2 --always drop
  local silent=$list
  several 3
  names 2000 >list.txt
  resolve 0 --ndjson --attempt-timeout 300ms -r "$silent,$list" list.txt
  same_names list.txt
  every '.result == "answer"'
  # They are left alone soon.
  [ "$(cat "${servers:?}"/../*/log.ndjson 2>/dev/null | wc -l)" -lt 6000 ]
}

@test "health: one that refuses everything costs retries, never names" {
  several 1 --always refused
  local bad=$list log=${logs[0]}
  several 2
  names 2000 >list.txt
  resolve 0 --ndjson --rotate round -r "$bad,$list" list.txt
  same_names list.txt
  every '.result == "answer"'
  [ "$(wc -l <"$log")" -lt 200 ]
}

@test "health: one whose replies are malformed costs retries, never names" {
  several 1 --always bad
  local bad=$list
  several 2
  names 1000 >list.txt
  resolve 0 --ndjson -r "$bad,$list" list.txt
  same_names list.txt
  every '.result == "answer"'
}

@test "health: one that fails every name costs retries, never names" {
  several 1 --always servfail
  local bad=$list
  several 2
  names 1000 >list.txt
  resolve 0 --ndjson --rotate random -r "$bad,$list" list.txt
  same_names list.txt
  every '.result == "answer"'
}

@test "health: the only one refuses everything: each name ends with that, soon" {
  responder_start --always refused
  names 1000 >list.txt
  local began=$EPOCHREALTIME
  resolve 1 --ndjson -r "$RESPONDER" list.txt
  seconds_since "$began" 8
  same_names list.txt
  every '.outcome == "failed" and .rcode == "REFUSED" and .error.kind == "dns"
    and (.error.message | startswith("REFUSED from udp://"))'
}

@test "health: the only one of a line refuses everything, and others are well" {
  responder_start --always refused
  local bad=$RESPONDER
  responder_start
  { names 200 "bad%g.test @$bad"; names 200; } >list.txt
  local began=$EPOCHREALTIME
  resolve 1 --ndjson -r "$RESPONDER" list.txt
  seconds_since "$began" 8
  total 400
  is "$(records 'select(.rcode == "REFUSED") | .seq' | wc -l)" 200
  is "$(records 'select(.outcome == "ok") | .seq' | wc -l)" 200
}

@test "health: one is dead and the other refuses: the refusal is told" {
  responder_start --always refused
  names 300 >list.txt
  resolve 1 --ndjson --retries 10 --attempt-timeout 200ms \
    -r "$(nobody_listens),$RESPONDER" list.txt
  same_names list.txt
  every '.rcode == "REFUSED" or .error.kind == "connect" or
    .error.kind == "timeout"'
  [ "$(records 'select(.rcode == "REFUSED") | .seq' | wc -l)" -gt 250 ]
}

@test "health: the only one comes back after an illness" {
  responder_start --every drop=2
  names 500 >list.txt
  resolve 0 --ndjson --attempt-timeout 200ms --retries 20 --timeout 30s \
    -r "$RESPONDER" list.txt
  same_names list.txt
}

# Limits.

@test "limits: --resolver-rate is what one resolver gets a second" {
  responder_start
  names 40 >list.txt
  local began=$EPOCHREALTIME
  resolve 0 --ndjson --resolver-rate 20 -r "$RESPONDER" list.txt
  same_names list.txt
  # 40 at 20 a second.
  [ "$(queries .ms | sort -n | awk 'NR == 1 { a = $1 } { b = $1 }
    END { print b - a }')" -ge 1500 ]
  resolve 2 --resolver-rate much -r "$RESPONDER" a.test
  resolve 0 --resolver-rate 0 -r "$RESPONDER" a.test
  resolve 0 --resolver-rate auto -r "$RESPONDER" a.test
}

@test "limits: rate= of a line is that one's" {
  several 2
  tr , '\n' <<<"$list" | sed '1s/$/ rate=5/' >resolvers.txt
  names 200 >list.txt
  resolve 0 --ndjson -r resolvers.txt list.txt
  same_names list.txt
  [ "$(wc -l <"${logs[0]}")" -lt 20 ]
}

@test "limits: --resolver-jobs is how many one resolver has at once" {
  responder_start --always delay100
  names 20 >list.txt
  resolve 0 --ndjson --resolver-jobs 2 -r "$RESPONDER" list.txt
  # Ten rounds of 100 ms.
  [ "$(queries .ms | sort -n | awk 'NR == 1 { a = $1 } { b = $1 }
    END { print b - a }')" -ge 850 ]
}

@test "limits: -j is how many questions there are at once" {
  responder_start --always delay100
  names 12 >list.txt
  resolve 0 --ndjson -j 3 -r "$RESPONDER" list.txt
  [ "$(queries .ms | sort -n | awk 'NR == 1 { a = $1 } { b = $1 }
    END { print b - a }')" -ge 280 ]
}

# too_many: how many queries came while the responder had its hands full
too_many() {
  queries 'select(.reply_bytes == 0).name' | wc -l
}

@test "limits: -j auto asks as many at once as gets more answers" {
  responder_start --always delay200 --always busy1100
  names 12000 >list.txt
  head -n 3000 list.txt >start.txt
  ask 0 --ndjson start.txt
  is "$(too_many)" 0
  ask 0 --ndjson -j auto list.txt
  same_names list.txt
  [ "$(too_many)" -gt 0 ]
}

@test "limits: -j auto begins with few" {
  responder_start --always delay200
  names 1000 >list.txt
  ask 0 --ndjson -j auto list.txt
  same_names list.txt
  [ "$(queries .ms | sort -n | awk 'NR == 1 { a = $1 } $1 < a + 150 { n++ }
    END { print n }')" -le 100 ]
}

@test "limits: -j auto does not flood one that bears little, and loses no name" {
  responder_start --always delay50 --always busy200
  names 5000 >list.txt
  ask 0 --ndjson -j auto list.txt
  same_names list.txt
  every '.result == "answer"'
  [ "$(too_many)" -lt 10000 ]
}

@test "limits: -j auto with a rate loses no name to the queue" {
  responder_start
  names 3000 >list.txt
  ask 0 --ndjson -j auto --resolver-rate 1000 --timeout 2s list.txt
  same_names list.txt
  every '.result == "answer"'
}

@test "limits: -j auto with a vote about each name" {
  several 3
  names 500 >list.txt
  resolve 0 --ndjson -j auto --agree 2/3 -r "$list" list.txt
  same_names list.txt
  resolve 2 -j 0 one.test
  has "$(<err)" auto
  resolve 2 -j 65536 one.test
}

@test "limits: --rate is questions a second" {
  responder_start
  names 21 >list.txt
  resolve 0 --ndjson --rate 20/s -r "$RESPONDER" list.txt
  same_names list.txt
  [ "$(queries .ms | sort -n | awk 'NR == 1 { a = $1 } { b = $1 }
    END { print b - a }')" -ge 800 ]
}

@test "limits: without descriptors for more, questions wait for one" {
  # It answers what shares a connection one after the other: from the first
  # disappointment on each question has its own.
  responder_start --always delay50
  names 1000 >list.txt
  ulimit -n 40
  resolve 0 --ndjson --tcp always --timeout 60s --attempt-timeout 1s \
    -r "$RESPONDER" list.txt
  same_names list.txt
  every '.result == "answer"'
}

# Two hundred.

@test "resolvers: 200 of them, a tenth dead and a tenth lying, lose no name" {
  several 8
  local good=$list
  several 1 --always refused
  local refusing=$list
  {
    # 160 entries that work, over eight servers: each address of 127.0.0.0/8
    # is its own resolver, but only 127.0.0.1 is listened at.
    tr , '\n' <<<"$good"
    echo "$refusing"
    for i in $(seq 2 20); do echo "127.0.0.$i:${refusing#*:}"; done
  } >resolvers.txt
  names 3000 >list.txt
  resolve 0 --ndjson --attempt-timeout 300ms --retries 10 --timeout 30s \
    -r resolvers.txt list.txt
  same_names list.txt
  every '.result == "answer"'
}

@test "resolvers: the wait for one that may be asked is no part of --timeout" {
  responder_start
  names 60 >list
  ask 0 --ndjson --resolver-rate 40 --timeout 300ms --retries 0 list
  total 60 out
  every '.outcome == "ok"'
}
