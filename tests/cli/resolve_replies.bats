#!/usr/bin/env bats
# asynctool-resolve(1), "Which answers are believed": servers that cut off, lose,
# confuse, forge and garble. One record comes for each question, whatever they do.
load resolve

setup() {
  begin_resolve
}

teardown() {
  stop_servers
}

# fast WORDS...: a wait for one answer is short
fast() {
  local expected=$1
  shift
  ask "$expected" --attempt-timeout 150ms --backoff 0 "$@"
}

@test "replies: one that was cut off is asked for again over TCP" {
  responder_start
  ask 0 --details --ndjson tc-many40-www.test
  is "$(queries .proto | tr '\n' ' ')" "udp tcp "
  is "$(records '.answers | length')" 40
  is "$(records '"\(.proto) \(.truncated) \(.outcome) \(.attempts)"')" \
    "tcp false ok 1"
}

@test "replies: --tcp never takes what was cut off as it is" {
  responder_start
  ask 0 --details --ndjson --tcp never tc-www.test
  is "$(records '"\(.proto) \(.truncated) \(.result)"')" "udp true nodata"
}

@test "replies: --tcp always never uses UDP" {
  responder_start
  names 200 >list
  ask 0 --ndjson --tcp always list
  same_names list
  every '.proto == "tcp"'
  is "$(queries .proto | sort -u)" tcp
  # Connections are used again.
  [ "$(queries .port | sort -u | wc -l)" -lt 50 ]
}

@test "replies: everything is cut off, and no name is lost" {
  responder_start --always tc
  names 2000 >list
  ask 0 -j 500 --ndjson list
  same_names list
  every '.proto == "tcp" and .result == "answer"'
}

@test "replies: a server without TCP that cuts off costs the record, not the run" {
  responder_start --no-tcp
  { echo tc-a.test; names 20; } >list
  fast 1 --timeout 2s --ndjson list
  total 21
  is "$(words 'select(.outcome != "ok") | .input')" tc-a.test
}

@test "replies: what does not fit into --bufsize comes over TCP" {
  responder_start
  ask 0 --ndjson --bufsize 512 many60-www.test
  is "$(records '"\(.proto) \(.answers | length)"')" "tcp 60"
  ask 0 --ndjson --bufsize 4096 many60-www.test
  is "$(records '"\(.proto) \(.answers | length)"')" "udp 60"
  ask 0 --ndjson --no-edns many60-www.test
  is "$(records '"\(.proto) \(.answers | length)"')" "tcp 60"
}

@test "replies: another id is not ours" {
  responder_start
  { echo wrongid-a.test; names 20; } >list
  fast 1 --ndjson --timeout 1s list
  total 21
  is "$(words 'select(.outcome != "ok") | "\(.input) \(.outcome)"')" \
    "wrongid-a.test timeout"
}

@test "replies: another question is not ours" {
  responder_start
  { echo wrongname-a.test; names 20; } >list
  fast 1 --ndjson --timeout 1s list
  total 21
  is "$(words 'select(.outcome != "ok") | "\(.input) \(.outcome)"')" \
    "wrongname-a.test timeout"
}

@test "replies: from another address is not ours, and the wait goes on" {
  responder_start
  names 500 'spoof-n%g.test' >list
  ask 0 --ndjson list
  same_names list
  every '.rcode == "NOERROR" and .attempts == 1'
}

@test "replies: from another address alone is no answer" {
  responder_start
  fast 1 --ndjson --timeout 600ms forged-a.test
  is "$(records '"\(.outcome) \(.rcode)"')" "timeout null"
}

@test "replies: from another address, with sockets that many resolvers share" {
  local list=$RESPONDER
  for _ in $(seq 40); do
    responder_start --always spoof
    list=$list,$RESPONDER
  done
  names 400 >list
  resolve 0 -r "$list" --ndjson list
  same_names list
  every '.rcode == "NOERROR"'
}

@test "replies: two for one query are one record" {
  responder_start --always twice
  names 1000 >list
  ask 0 --ndjson list
  same_names list
}

@test "replies: a malformed one is asked for again, and is no answer in the end" {
  responder_start
  ask 1 --ndjson --retries 2 bad-a.test
  is "$(records '"\(.outcome) \(.error.kind) \(.attempts)"')" "failed proto 3"
  has "$(records .error.message)" malformed
  has "$(records .error.message)" "$RESPONDER"
  queries_are 3
}

@test "replies: a malformed one in every thousand costs nothing but retries" {
  responder_start --every bad=1000
  names 20000 >list
  ask 0 -j 1000 --ndjson list
  same_names list
  every '.result == "answer"'
  [ "$(records 'select(.attempts > 1) | .seq' | wc -l)" -le 20 ]
}

@test "replies: REFUSED in 12 bytes is an answer of that server" {
  responder_start
  ask 1 --ndjson --retries 1 short-a.test
  is "$(records '"\(.outcome) \(.error.kind) \(.rcode)"')" "failed dns REFUSED"
}

@test "replies: every tenth is REFUSED, and no name is lost" {
  responder_start --every refused=10
  names 5000 >list
  ask 0 --ndjson list
  same_names list
  every '.result == "answer"'
}

@test "replies: every tenth is SERVFAIL, and no name is lost" {
  responder_start --every servfail=10
  names 5000 >list
  ask 0 --ndjson list
  same_names list
  every '.result == "answer"'
}

@test "replies: every tenth is lost, and no name is lost" {
  responder_start --every drop=10
  names 2000 >list
  fast 0 --ndjson list
  same_names list
  every '.result == "answer"'
}

@test "replies: every hundredth is something else each" {
  responder_start --every drop=101 --every bad=103 --every refused=107 \
    --every servfail=109 --every wrongid=113 --every wrongname=127 \
    --every spoof=131 --every twice=137 --every tc=139 --every short=149 \
    --every notimp=151 --every formerr=157
  names 10000 >list
  fast 0 --ndjson --retries 10 list
  same_names list
  every '.result == "answer"'
}

@test "replies: a slow server is waited for" {
  responder_start --always delay700
  names 300 >list
  ask 0 --ndjson list
  same_names list
  every '.attempts == 1 and .rtt_ms >= 650'
  queries_are 300
}

@test "replies: a late one is not another's" {
  responder_start --always delay200
  names 50 >list
  ask 1 --attempt-timeout 100ms --retries 3 --timeout 5s --ndjson list || true
  total 50
  every '.outcome == "ok" or .outcome == "timeout"'
  every '.answers == null or (.name as $n | all(.answers[]; .name == $n))'
}

@test "replies: a silent server gets no name answered, and each has a record" {
  responder_start --always drop
  names 300 >list
  local began=$EPOCHREALTIME
  ask 1 --timeout 1s --ndjson list
  seconds_since "$began" 20
  same_names list
  every '.outcome == "timeout" and .error.kind == "timeout"'
}

@test "replies: nobody is there, and each name has a record soon" {
  names 300 >list
  local began=$EPOCHREALTIME
  resolve 1 -r "$(nobody_listens)" --timeout 3s --ndjson list
  seconds_since "$began" 20
  same_names list
  every '.outcome != "ok" and .rcode == null'
  records .error.kind | grep -q connect
}

@test "replies: 70,000 at once, more than there are ids" {
  responder_start --always delay300 --rcvbuf 67108864
  names 70000 >list
  ask 0 -j 65535 --timeout 60s --ndjson list
  is "$(wc -l <out)" 70000
  is "$(grep -c '"result":"answer"' out)" 70000
  is "$(grep -o '"name":"n[0-9]*\.test\.","qtype"' out | sort -u | wc -l)" 70000
}

# 0x20.

@test "0x20: the case is mixed at random, and the record has the name as it was" {
  responder_start
  ask 0 --ndjson --0x20 abcdefghijklmnopqrstuvwxyz.test
  [ "$(queries .name)" != abcdefghijklmnopqrstuvwxyz.test. ]
  is "$(queries '.name | ascii_downcase')" abcdefghijklmnopqrstuvwxyz.test.
  is "$(records .name)" abcdefghijklmnopqrstuvwxyz.test.
  is "$(records .outcome)" ok
}

@test "0x20: an answer that does not repeat it is dropped" {
  responder_start --always lower
  fast 1 --timeout 500ms --ndjson --0x20 abcdefghijklmnopqrstuvwxyz.test
  is "$(records .outcome)" timeout
  ask 0 --ndjson ABCDEFGH.test
  is "$(records '.outcome + .name')" "okABCDEFGH.test."
}

@test "0x20: a server that keeps it in all of a list" {
  responder_start
  names 2000 >list
  ask 0 --ndjson --0x20 list
  same_names list
}

# Retries.

@test "retries: SERVFAIL is asked again, at once, and the attempts are counted" {
  responder_start
  ask 0 --ndjson sick2-a.test
  is "$(records .attempts)" 3
  queries_are 3
}

@test "retries: a lost query is asked again" {
  responder_start
  fast 0 --ndjson flaky2-a.test
  is "$(records .attempts)" 3
}

@test "retries: a name that does not exist is never asked again" {
  responder_start
  ask 0 --ndjson --retries 5 nx-a.test
  is "$(records '"\(.outcome) \(.rcode) \(.result) \(.attempts)"')" \
    "ok NXDOMAIN nxdomain 1"
  queries_are 1
  resolve 2 -r "$RESPONDER" --retry-on NXDOMAINS nx-a.test
}

@test "retries: nothing of the type is an answer" {
  responder_start
  ask 0 --ndjson --retries 5 nodata-a.test
  is "$(records '"\(.outcome) \(.rcode) \(.result) \(.attempts)"')" \
    "ok NOERROR nodata 1"
  queries_are 1
}

@test "retries: --retries is how often" {
  responder_start
  ask 1 --ndjson --retries 0 servfail-a.test
  queries_are 1
  ask 1 --ndjson --retries 2 servfail-b.test
  queries_are 4
}

@test "retries: --retry-on names what is asked again" {
  responder_start
  ask 1 --ndjson --retry-on timeout,REFUSED servfail-a.test
  queries_are 1
  ask 1 --ndjson --retry-on servfail,refused --retries 1 servfail-b.test
  queries_are 3
  ask 1 --ndjson --retry-on SERVFAIL bad-c.test
  queries_are 4
  ask 1 --ndjson --retry-on SERVFAIL --attempt-timeout 100ms drop-d.test
  queries_are 5
  ask 2 --retry-on nonsense a.test
  has "$(<err)" badreply
}

@test "retries: an old server that does not know EDNS is asked without" {
  responder_start
  ask 1 --ndjson --retries 2 formerr-a.test
  is "$(queries .edns | tr '\n' ' ')" "true false false "
}

@test "retries: --timeout is for all attempts, --attempt-timeout for one" {
  responder_start
  local began=$EPOCHREALTIME
  ask 1 --ndjson --timeout 500ms --retries 100 drop-a.test
  seconds_since "$began" 4
  is "$(records .outcome)" timeout
  queries_are 1
  ask 1 --ndjson --timeout 1s --retries 100 --attempt-timeout 100ms drop-b.test
  [ "$(responder_queries drop-b)" -ge 4 ]
  [ "$(responder_queries drop-b)" -le 11 ]
}

# Equal questions.

@test "merge: equal questions at the same time are one query" {
  responder_start --always delay300
  yes same.test | head -n 500 >list
  ask 0 --ndjson list
  total 500
  every '.result == "answer" and .name == "same.test."'
  queries_are 1
}

@test "merge: another type, class, or resolver is another question" {
  local first
  responder_start --always delay200
  first=$RESPONDER
  responder_start --always delay200
  printf '%s\n' "same.test" "same.test MX" "same.test @$RESPONDER" \
    "same.test @$RESPONDER" >list
  resolve 0 -r "$first" --ndjson list
  total 4
  queries_are 1
}

@test "merge: each record has the name as it was written" {
  responder_start --always delay200
  printf '%s\n' same.test SAME.test Same.Test >list
  ask 0 --ndjson list
  is "$(words .name)" "SAME.test. Same.Test. same.test."
}

@test "merge: when one of them has waited long enough, the others go on" {
  responder_start --always delay600
  cat >list <<END
{"name":"same.test","timeout":"20s"}
{"name":"same.test","timeout":0.2}
{"name":"same.test","timeout":"20s"}
END
  ask 1 --keep-order --ndjson list
  is "$(records .outcome | tr '\n' ' ')" "ok timeout ok "
}

@test "merge: those who come later have their own time" {
  responder_start --always delay600
  cat >list <<END
{"name":"same.test","timeout":0.2}
{"name":"same.test","timeout":"20s"}
END
  ask 1 --keep-order --ndjson list
  is "$(records .outcome | tr '\n' ' ')" "timeout ok "
}
