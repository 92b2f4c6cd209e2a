#!/usr/bin/env bats
# asynctool-resolve(1), "Formats" and the options of "Queries"; the fields of
# asynctool-records(5).
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

# some_of_each: names with an answer, without, failing and malformed
some_of_each() {
  responder_start
  printf '%s\n' many2-a.test nx-b.test nodata-c.test servfail-d.test 'e..test' \
    >list
}

@test "formats: text has a line for each record, and comments for the rest" {
  some_of_each
  ask 1 --keep-order list
  is "$(sed "s/$RESPONDER/SERVER/; s/: .*input:/: /" out)" \
    "many2-a.test. A 192.0.2.1
many2-a.test. A 192.0.2.2
; nx-b.test. A NXDOMAIN
; nodata-c.test. A NODATA
; servfail-d.test. A SERVFAIL from udp://SERVER
; list:5: not a name: 'e..test': an empty label, or \\ before what it cannot \
escape"
  cp out text
  ask 1 --keep-order --format simple list
  sed "s/$RESPONDER/SERVER/" out | diff <(sed "s/$RESPONDER/SERVER/" text) -
}

@test "formats: short is the data of the answer alone" {
  some_of_each
  ask 1 --keep-order --format short list
  is "$(<out)" "192.0.2.1
192.0.2.2"
}

@test "formats: list is the names that have an answer, once each" {
  some_of_each
  ask 1 --keep-order --format list list
  is "$(<out)" many2-a.test.
}

@test "formats: zone is lines of a zone file, and comments" {
  some_of_each
  ask 1 --keep-order --format zone list
  is "$(head -n 2 out)" $'many2-a.test.\t300\tIN\tA\t192.0.2.1
many2-a.test.\t300\tIN\tA\t192.0.2.2'
  is "$(tail -n +3 out | grep -cv '^; ')" 0
}

@test "formats: full is what dig shows" {
  command -v dig >/dev/null || skip "needs dig"
  ask_knot 0 --format full --dnssec www.signed.test
  dig -p "$KNOT_PORT" @127.0.0.1 +dnssec +nocookie +noad +nosplit www.signed.test >dug
  # The blanks between fields are not the same, nor are the id, the line that
  # says who it is, and the time.
  sections() {
    sed -e '/^; <<>>/d; /^;; global/d; /^;; Got/d; /1 server found/d' \
      -e 's/, id: .*//; /^;; Query time/,$d; /WARNING/d' -e '/^$/d' "$1" |
      tr -s '[:blank:]' ' ' | sed 's/ $//'
  }
  diff <(sections dug) <(sections out)
  grep -q '^;; SERVER: udp://127.0.0.1:' out
  grep -q '^;; MSG SIZE  rcvd: ' out
}

@test "formats: full without a reply is a comment" {
  responder_start
  ask 1 --format full --attempt-timeout 100ms --retries 0 drop-a.test
  has "$(<out)" "; drop-a.test. A no answer from udp://$RESPONDER"
}

@test "formats: tsv and csv are tables with the fields of records" {
  some_of_each
  ask 1 --keep-order --format csv --fields seq,name,qtype,rcode,outcome list
  is "$(<out)" "seq,name,qtype,rcode,outcome
0,many2-a.test.,A,NOERROR,ok
1,nx-b.test.,A,NXDOMAIN,ok
2,nodata-c.test.,A,NOERROR,ok
3,servfail-d.test.,A,SERVFAIL,failed
4,,,,failed"
  ask 1 --keep-order --format tsv --fields name,result list
  is "$(<out)" $'name\tresult
many2-a.test.\tanswer
nx-b.test.\tnxdomain
nodata-c.test.\tnodata
servfail-d.test.\terror
\t'
}

@test "formats: a template" {
  some_of_each
  ask 1 --keep-order --format '{name} {qtype} {rcode} {result}\n' list
  is "$(<out)" "many2-a.test. A NOERROR answer
nx-b.test. A NXDOMAIN nxdomain
nodata-c.test. A NOERROR nodata
servfail-d.test. A SERVFAIL error
- - - -"
}

# byte FILE AT: that byte, as a number
byte() {
  od -An -tu1 -j "$2" -N 1 "$1"
}

# split FILE: the messages in it are the files 1.msg, 2.msg and so on
split() {
  local at=0 n=0 len end
  rm -f ./*.msg
  end=$(stat -c %s "$1")
  while [ "$at" -lt "$end" ]; do
    len=$(($(byte "$1" "$at") * 256 + $(byte "$1" $((at + 1)))))
    n=$((n + 1))
    tail -c +$((at + 3)) "$1" | head -c "$len" >"$n.msg"
    at=$((at + 2 + len))
  done
  is "$at" "$end"
}

# read_message FILE: as ldns reads it, from hexadecimal
read_message() {
  od -An -v -tx1 "$1" >hex
  drill -i hex
}

@test "formats: wire is the replies, each with its length before it" {
  some_of_each
  ask 1 -v --keep-order --no-edns --format wire list
  split out
  for n in 1 2 3 4; do
    read_message "$n.msg" >"$n.txt"
  done
  is "$(echo ./*.msg)" "./1.msg ./2.msg ./3.msg ./4.msg"
  has "$(<1.txt)" $'many2-a.test.\t300\tIN\tA\t192.0.2.1'
  has "$(<1.txt)" $'many2-a.test.\t300\tIN\tA\t192.0.2.2'
  has "$(<2.txt)" "rcode: NXDOMAIN"
  has "$(<3.txt)" "ANSWER: 0"
  has "$(<4.txt)" "rcode: SERVFAIL"
  has "$(<err)" "servfail-d.test"
  has "$(<err)" "e..test"
}

@test "formats: wire has the bytes that came, also of long replies over TCP" {
  responder_start
  ask 0 --format wire many300-a.test
  split out
  is "$(stat -c %s 1.msg)" "$(queries .reply_bytes | tail -n 1)"
  is "$(read_message 1.msg | grep -c '192.0.2')" 255
  ask 0 --format wire --records records many2-a.test
  is "$(jq -r .answers[1].data records)" 192.0.2.2
}

@test "formats: wire has nothing of a question without a reply" {
  responder_start
  printf '%s\n' drop-a.test bad-b.test c.test >list
  ask 1 -v --format wire --attempt-timeout 100ms --retries 1 list
  split out
  is "$(echo ./*.msg)" ./1.msg
  has "$(<err)" drop-a.test
  has "$(<err)" bad-b.test
}

@test "formats: wire is not for a terminal" {
  responder_start
  run script -qec "$ASYNCTOOL resolve -r $RESPONDER --format wire a.test" /dev/null \
    </dev/null
  is "$status" 2
  has "$output" "not for a terminal"
  queries_are 0
}

@test "formats: another word is a wrong command line" {
  resolve 2 -r 127.0.0.1 --format nonsense a.test
  has "$(<err)" nonsense
  has "$(<err)" zone
}

@test "records: the fields of every record and those of resolve, in their order" {
  some_of_each
  ask 1 --keep-order --ndjson list
  total 5
  is "$(head -n 1 out | jq -r 'keys_unsorted | join(" ")')" \
    "v type tool seq key input outcome attempts start queue_ms duration_ms \
error name qtype qclass rcode result answers resolver proto rtt_ms"
  every '.v == 1 and .type == "result" and .tool == "resolve"'
  is "$(head -n 1 out | jq -c .answers)" '[{"name":"many2-a.test.","type":"A",'`
    `'"ttl":300,"data":"192.0.2.1"},{"name":"many2-a.test.","type":"A",'`
    `'"ttl":300,"data":"192.0.2.2"}]'
  is "$(tail -n 1 out | jq -c '[.name, .qtype, .rcode, .answers, .resolver]')" \
    "[null,null,null,null,null]"
  is "$(sed -n 4p out | jq -c '[.error.kind, .rcode, .result, .answers]')" \
    '["dns","SERVFAIL","error",[]]'
}

@test "records: error.code is the rcode's number" {
  responder_start
  ask 1 --retries 0 --ndjson servfail-a.test
  is "$(records .error.code)" 2
}

@test "records: --details has flags, all sections, extended errors and size" {
  ask_knot 0 --details --ndjson a.types.test
  is "$(records '.flags | join(" ")')" "aa rd"
  ask_knot 0 --details --ndjson none.types.test
  is "$(records '.authority[0].type')" SOA
  every '.size > 50 and .truncated == false and .ede == [] and .nsid == null'
  ask_knot 0 --details --ndjson types.test NS
  is "$(records '[.additional[] | .type + " " + .data] | sort | join(" ")')" \
    "A 127.0.0.1 A 127.0.0.2"
}

@test "queries: --nsid tells which server it is" {
  ask_knot 0 --details --nsid --ndjson a.types.test
  is "$(records .nsid)" knot-of-the-tests
}

@test "queries: --dnssec sets DO, --cd and --ad theirs, --no-recurse clears RD" {
  responder_start
  ask 0 --dnssec a.test
  query_has '00002904d0000080000000$'
  ask 0 --cd a.test
  query_has '^....0110'
  ask 0 --ad a.test
  query_has '^....0120'
  ask 0 --no-recurse a.test
  query_has '^....0000'
  ask 0 a.test
  query_has '^....0100'
}

@test "queries: EDNS is in every query, with 1232 bytes, unless --no-edns" {
  responder_start
  ask 0 a.test
  is "$(queries .udp_bytes)" 1232
  query_has '00002904d0000000000000$'
  ask 0 --bufsize 4096 a.test
  is "$(queries .udp_bytes | tail -n 1)" 4096
  ask 0 --no-edns a.test
  is "$(queries .edns | tail -n 1)" false
  ask 2 --bufsize 100 a.test
  ask 2 --bufsize 70000 a.test
}

@test "queries: --ecs is a network, with the bits beyond it zero" {
  responder_start
  ask 0 --ecs 192.0.2.77/24 a.test
  query_has '0008000700011800c00002$'
  ask 0 --ecs 2001:db8:1:2::/56 a.test
  query_has '0008000b0002380020010db8000100$'
  ask 0 --ecs 0 a.test
  query_has '000800040001''0000$'
  ask 2 --ecs nonsense a.test
  ask 2 --ecs 192.0.2.0/33 a.test
}

@test "queries: --cookie sends ours, --ednsopt any other option" {
  responder_start
  ask 0 --cookie a.test
  query_has '000a0008[0-9a-f]{16}$'
  ask 0 --ednsopt 65001:c0ffee a.test
  query_has 'fde90003c0ffee$'
  ask 0 --ednsopt 65001 --ednsopt 65002:00 a.test
  query_has 'fde90000fdea000100$'
  ask 2 --ednsopt 70000 a.test
  ask 2 --ednsopt 5:xyz a.test
  ask 2 --ednsopt 5:abc a.test
}

@test "queries: ids and ports are not predictable" {
  responder_start
  names 200 >list
  ask 0 -j 1 list
  [ "$(queries .id | sort -u | wc -l)" -gt 190 ]
  # In a row they would differ by one.
  [ "$(queries .id | awk 'NR > 1 && $1 == last + 1 { n++ } { last = $1 }
    END { print n + 0 }')" -lt 5 ]
  ask 0 a.test
  ask 0 b.test
  [ "$(queries .port | sort -u | wc -l)" -ge 3 ]
}
