#!/usr/bin/env bats
# asynctool-resolve(1), the options of "Answers": what is shown, what counts as a
# failure, what is kept to be asked again; and several servers about one name.
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
  stop_servers
}

some_of_each() {
  responder_start
  printf '%s\n' a.test cname1-b.test nx-c.test nodata-d.test servfail-e.test \
    drop-f.test 'g..test' >list
}

# some STATUS WORDS...: asks for some_of_each, without much patience
some() {
  local expected=$1
  shift
  ask "$expected" --ndjson --retries 0 --attempt-timeout 150ms "$@" list
}

inputs() {
  words .input
}

@test "only: rcodes" {
  some_of_each
  some 1 --only NXDOMAIN
  is "$(inputs)" nx-c.test
  some 1 --only NOERROR
  is "$(inputs)" "a.test cname1-b.test nodata-d.test"
  some 1 --only nxdomain,servfail
  is "$(inputs)" "nx-c.test servfail-e.test"
}

@test "only: answer, nodata, timeout and error" {
  some_of_each
  some 1 --only answer
  is "$(inputs)" "a.test cname1-b.test"
  some 1 --only nodata
  is "$(inputs)" nodata-d.test
  some 1 --only timeout
  is "$(inputs)" drop-f.test
  some 1 --only error
  is "$(inputs)" "drop-f.test g..test servfail-e.test"
}

@test "only: types that are in the answer" {
  some_of_each
  some 1 --only CNAME
  is "$(inputs)" cname1-b.test
  some 1 --only A
  is "$(inputs)" "a.test cname1-b.test"
}

@test "only: with & what has to come together" {
  some_of_each
  some 1 --only 'NOERROR&CNAME'
  is "$(inputs)" cname1-b.test
  some 1 --only 'NXDOMAIN&CNAME'
  is "$(inputs)" ""
  some 1 --only 'NOERROR&nodata,NXDOMAIN'
  is "$(inputs)" "nodata-d.test nx-c.test"
}

@test "not: all but these, and both may be said, and repeated" {
  some_of_each
  some 1 --not error
  is "$(inputs)" "a.test cname1-b.test nodata-d.test nx-c.test"
  some 1 --not error --not NXDOMAIN --not nodata
  is "$(inputs)" "a.test cname1-b.test"
  some 1 --only NOERROR --not nodata
  is "$(inputs)" "a.test cname1-b.test"
  some 1 --only CNAME --only NXDOMAIN
  is "$(inputs)" "cname1-b.test nx-c.test"
}

@test "only: what is not written counts, in --summary and the exit status" {
  some_of_each
  some 1 --only answer --summary json
  is "$(tail -n 1 err | jq -r '"\(.ok) \(.failed) \(.timeout)"')" \
    "4 2 1"
}

@test "only: a word that is none is a wrong command line" {
  resolve 2 -r 127.0.0.1 --only nonsense a.test
  has "$(<err)" nonsense
  resolve 2 -r 127.0.0.1 --only 'NOERROR&' a.test
  resolve 2 -r 127.0.0.1 --not '' a.test
}

@test "fail-on: answers that are failures too" {
  responder_start
  printf '%s\n' a.test nx-b.test nodata-c.test >list
  ask 0 list
  ask 1 --ndjson --fail-on nxdomain list
  is "$(words 'select(.outcome != "ok") | .input')" nx-b.test
  ask 1 --ndjson --fail-on nodata,nxdomain list
  is "$(words 'select(.outcome != "ok") | .input + " " + .error.kind')" \
    "nodata-c.test dns nx-b.test dns"
  ask 2 --fail-on nonsense list
}

# What failed.

@test "failed: the entries without an answer, as they were read" {
  some_of_each
  printf 'servfail-h.test  MX\n' >>list
  some 1 --failed rest
  is "$(sort rest)" "drop-f.test
g..test
servfail-e.test
servfail-h.test  MX"
}

@test "failed: fed back, the list gets shorter until nothing is left" {
  responder_start
  { names 200; names 100 'sick3-n%g.test'; } >list
  ask 1 --retries 1 --failed rest list
  is "$(wc -l <rest)" 100
  ask 0 --retries 1 --failed again rest
  is "$(wc -l <again)" 0
}

@test "failed: entries in NDJSON and tables are NDJSON" {
  responder_start
  printf '%s\n' '{"name":"servfail-a.test","type":"MX","id":"one"}' \
    '{"name":"b.test"}' '{"name":"servfail-c.test","type":["A","TXT"]}' >list
  ask 1 --keep-order --retries 0 --failed rest list
  is "$(jq -c '[.name, .type, .id]' rest)" '["servfail-a.test","MX","one"]
["servfail-c.test.","A",null]
["servfail-c.test.","TXT",null]'
  ask 1 --retries 0 --failed again rest
  is "$(wc -l <again)" 3
  printf 'name,type\nservfail-a.test,MX\n' >list
  ask 1 --retries 0 --input-format csv --failed rest list
  is "$(jq -c '[.name, .type]' rest)" '["servfail-a.test","MX"]'
}

@test "failed: of an entry with several questions, only those that failed" {
  responder_start --every servfail=4
  ask 1 -j 1 --retries 0 --ndjson --failed rest -x 192.0.2.0/28
  is "$(wc -l <rest)" 4
  is "$(sort rest)" "$(records 'select(.outcome != "ok") |
    .name + " " + .qtype' | sort)"
  responder_stop
  responder_start
  ask 0 --ndjson -x rest
  total 4
  ask 0 --ndjson rest
  total 4
  ask 1 --retries 0 --failed rest a.test "servfail-a.test" A MX
  is "$(sort rest)" "servfail-a.test. A
servfail-a.test. MX"
  printf 'servfail-w\nok\n' >words
  ask 1 --retries 0 --brute words --failed rest a.test
  is "$(<rest)" "servfail-w.a.test. A"
  echo "servfail-a.test A,MX @$RESPONDER" >list
  resolve 1 -r 127.0.0.1 --retries 0 --failed rest list
  is "$(head -n 1 rest)" "servfail-a.test. A @udp://$RESPONDER"
}

@test "failed: an answer that --fail-on counts is there, too" {
  responder_start
  ask 1 --fail-on nxdomain --failed rest nx-a.test b.test
  is "$(<rest)" nx-a.test
}

@test "failed: a file that cannot be written is status 4, before anything is asked" {
  responder_start
  ask 4 --failed missing/rest a.test
  has "$(<err)" missing/rest
  queries_are 0
}

@test "failed: a full disk is status 4" {
  [ -e /dev/full ] || skip "no /dev/full"
  responder_start
  names 20 'servfail-n%g.test' >list
  ask 4 --retries 0 --failed /dev/full list
  has "$(<err)" /dev/full
}

@test "failed: what was never asked is there as well" {
  responder_start --always delay300
  names 50 >list
  ask 3 -j 2 --deadline 500ms --failed rest --ndjson list
  is "$(words 'select(.outcome != "ok") | .input' | tr ' ' '\n')" "$(sort rest)"
}

# Wildcards.

@test "wildcard: filter reports names that exist only by one as NXDOMAIN" {
  printf '%s\n' any.wild.test www.deep.wild.test other.deep.wild.test \
    www.strict.wild.test a.types.test none.types.test >list
  ask_knot 0 --ndjson --wildcard filter list
  total 6
  is "$(words 'select(.result == "answer") | .input')" \
    "a.types.test www.deep.wild.test www.strict.wild.test"
  every '.wildcard != true or .rcode == "NXDOMAIN"'
}

@test "wildcard: mark says so, and keeps the answer" {
  printf '%s\n' any.wild.test www.deep.wild.test none.types.test >list
  ask_knot 0 --details --ndjson --wildcard mark list
  is "$(words 'select(.wildcard) | .input + " " + .result')" \
    "any.wild.test answer"
}

@test "wildcard: a thousand names of many roots, in few more queries" {
  responder_start
  {
    names 400 'n%g.wild1.test'
    names 400 'n%g.wild2.test'
    printf '%s.strict.test\n' www mail api nothing
  } >list
  ask 0 --ndjson --wildcard filter list
  total 804
  is "$(words 'select(.result == "answer") | .input')" \
    "api.strict.test mail.strict.test www.strict.test"
  [ "$(wc -l <"$RESPONDER_LOG")" -lt 900 ]
}

@test "wildcard: --only wildcard" {
  printf '%s\n' any.wild.test www.deep.wild.test >list
  ask_knot 0 --ndjson --wildcard mark --only wildcard list
  is "$(inputs)" any.wild.test
}

# Several servers.

@test "agree: N of M that say the same are an answer" {
  responder_start
  local all=$RESPONDER
  responder_start
  all=$all,$RESPONDER
  responder_start --answer 192.0.2.66
  all=$all,$RESPONDER
  names 20 >list
  resolve 0 --ndjson --agree 2/3 -r "$all" list
  same_names list
  every '.outcome == "ok" and .answers[0].data == "192.0.2.1"'
  resolve 1 --ndjson --agree 3/3 -r "$all" list
  same_names list
  every '.outcome == "failed"'
  resolve 2 --agree 3/2 -r "$all" list
  resolve 2 --agree much -r "$all" list
}

@test "compare: all resolvers are asked, and a difference is a failure" {
  responder_start
  local all=$RESPONDER
  responder_start
  all=$all,$RESPONDER
  names 20 >list
  resolve 0 --ndjson --compare -r "$all" list
  same_names list
  responder_start --answer 192.0.2.66
  resolve 1 --ndjson --compare -r "$all,$RESPONDER" list
  same_names list
  every '.outcome == "failed"'
}

@test "trusted: what trusted resolvers do not confirm is no answer" {
  responder_start --always nx
  local trusted=$RESPONDER
  responder_start
  names 20 >list
  echo "$trusted" >trusted.txt
  resolve 0 --ndjson --trusted trusted.txt -r "$RESPONDER" list
  same_names list
  every '.result != "answer"'
}

@test "trusted: what they confirm is an answer" {
  responder_start
  local trusted=$RESPONDER
  responder_start
  names 20 >list
  resolve 0 --ndjson --trusted "$trusted" -r "$RESPONDER" list
  same_names list
  every '.result == "answer"'
}

# Before the start.

# three_kinds: sets all, good, liar and dead
three_kinds() {
  responder_start
  good=$RESPONDER
  responder_start --always lie
  liar=$RESPONDER
  dead=$(nobody_listens)
  all=$good,$liar,$dead
}

@test "check-resolvers: drop leaves out the dead and those that lie" {
  three_kinds
  names 50 >list
  resolve 0 --ndjson --check-resolvers=drop --check-name a.test -r "$all" list
  same_names list
  every ".resolver == \"udp://$good\""
  has "$(<err)" "$liar"
  has "$(<err)" "$dead"
}

@test "check-resolvers: warn says which they are, and goes on with all" {
  three_kinds
  names 50 >list
  resolve 0 --ndjson --check-resolvers=warn --check-name a.test --rotate round \
    -r "$all" list
  same_names list
  has "$(<err)" "$liar"
  records .resolver | grep -q "$liar"
}

@test "check-resolvers: only prints the good ones" {
  three_kinds
  resolve 0 --check-resolvers=only --check-name a.test -r "$all"
  has "$(<out)" "$good"
  is "$(wc -l <out)" 1
}

@test "check-resolvers: without a good one, status 4 before the input is read" {
  three_kinds
  mkfifo pipe
  background bash -c 'exec sleep 50 >pipe'
  resolve 4 --check-resolvers --check-name a.test -r "$liar,$dead" --input pipe
  has "$(<err)" "no usable resolver"
}
