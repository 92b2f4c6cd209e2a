#!/usr/bin/env bats
# asynctool-resolve(1), its operands and "Lines": what becomes a question, and
# what cannot.
load resolve

setup() {
  begin_resolve
  responder_start
}

teardown() {
  stop_servers
}

# asked: "NAME TYPE" of each query, sorted, with the numbers of types
asked() {
  queries '"\(.name) \(.type)"' | sort
}

# repeat TEXT N
repeat() {
  printf "$1%.0s" $(seq "$2")
}

# failed_input MESSAGE_PART [SEQ]: that record is an error of the input
failed_input() {
  local record
  record=$(jq -c "select(.seq == ${2:-0})" out)
  is "$(jq -r '"\(.outcome) \(.error.kind)"' <<<"$record")" "failed input" ||
    { echo "$record"; return 1; }
  has "$(jq -r .error.message <<<"$record")" "$1"
}

# Operands.

@test "operands: one with @ is a resolver" {
  resolve 0 --ndjson www.test "@$RESPONDER"
  is "$(records .resolver)" "udp://$RESPONDER"
  resolve 0 --ndjson "@udp://$RESPONDER" www.test
  is "$(records .resolver)" "udp://$RESPONDER"
  resolve 0 --ndjson "@tcp://$RESPONDER" www.test
  is "$(records '.resolver + " " + .proto')" "tcp://$RESPONDER tcp"
}

@test "operands: one with @ that is no address is a wrong command line" {
  resolve 2 www.test @nonsense
  has "$(<err)" nonsense
  has "$(<err)" "expected"
}

@test "operands: names of types are asked for, for every name" {
  ask 0 --ndjson one.test two.test MX TYPE16
  total 4
  is "$(asked)" "one.test. 15
one.test. 16
two.test. 15
two.test. 16"
}

@test "operands: dig's order of words does not matter" {
  resolve 0 --ndjson MX "@$RESPONDER" one.test
  is "$(asked)" "one.test. 15"
}

@test "operands: a type in front of -t is one more" {
  ask 0 --ndjson -t A one.test MX
  is "$(asked)" "one.test. 1
one.test. 15"
}

@test "operands: a name that is also a type's is one with its dot" {
  ask 0 --ndjson mx.
  is "$(asked)" "mx. 1"
}

@test "operands: one that names a readable file is a list, even one called MX" {
  names 3 >MX
  ask 0 --ndjson MX
  total 3
}

@test "operands: - is standard input, and so are no operands" {
  names 3 >list
  ask 0 --ndjson - <list
  total 3
  ask 0 --ndjson <list
  total 3
  resolve 0 --ndjson "@$RESPONDER" MX +noedns <list
  total 3
  is "$(words .qtype)" "MX MX MX"
}

@test "operands: +short is the data alone" {
  ask 0 www.test MX +short
  is "$(<out)" "10 mail.www.test."
}

@test "operands: +tcp and +vc ask over TCP, +notcp does not" {
  ask 0 --ndjson www.test +tcp
  ask 0 --ndjson www.test +vc
  ask 0 --ndjson --tcp always www.test +notcp
  is "$(queries .proto | tr '\n' ' ')" "tcp tcp udp "
}

@test "operands: +ignore takes what was cut off" {
  ask 0 --details --ndjson tc-www.test +ignore
  is "$(records .truncated)" true
  is "$(queries .proto)" udp
}

@test "operands: +norecurse, +cd and +ad are flags of the query" {
  ask 0 www.test +norecurse
  query_has '^....0000'
  ask 0 www.test +norec +cdflag
  query_has '^....0010'
  ask 0 www.test +ad +cd +rec
  query_has '^....0130'
}

@test "operands: +dnssec, +nsid, +cookie, +subnet= and +bufsize= are EDNS" {
  ask 0 www.test +dnssec
  query_has '00002904d0000080000000$'
  ask 0 www.test +nsid
  query_has '00002904d000000000000400030000$'
  ask 0 www.test +cookie
  query_has '00002904d000000000000c000a0008[0-9a-f]{16}$'
  ask 0 www.test +subnet=192.0.2.0/24
  query_has '00002904d000000000000b00080007000118''00c00002$'
  ask 0 www.test +bufsize=4096
  query_has '0000291000000000000000$'
}

@test "operands: +noedns is a query without EDNS" {
  ask 0 www.test +noedns
  is "$(queries .edns)" false
}

@test "operands: another + word is a wrong command line, which says what there is" {
  ask 2 www.test +nonsense
  has "$(<err)" "+nonsense"
  has "$(<err)" "+short"
  ask 2 www.test +bufsize=3
  ask 2 www.test +subnet=nonsense
  ask 2 www.test +
  queries_are 0
}

# Lines.

@test "lines: a name, with types of its own" {
  printf 'one.test\ntwo.test MX,TXT\nthree.test\tAAAA  TYPE257\n' >list
  ask 0 --ndjson list
  total 5
  is "$(asked)" "one.test. 1
three.test. 257
three.test. 28
two.test. 15
two.test. 16"
}

@test "lines: a resolver of its own" {
  local first=$RESPONDER
  responder_start --answer 192.0.2.200
  printf 'one.test @%s\ntwo.test\nthree.test MX @tcp://%s\n' "$RESPONDER" \
    "$RESPONDER" >list
  resolve 0 --keep-order --ndjson -r "$first" list
  is "$(records .resolver)" "udp://$RESPONDER
udp://$first
tcp://$RESPONDER"
  is "$(records '.answers[0].data' | head -n 1)" 192.0.2.200
}

@test "lines: a resolver of one line is not asked about the others" {
  local first=$RESPONDER log=$RESPONDER_LOG
  responder_start
  { echo "own.test @$RESPONDER"; names 50; } >list
  resolve 0 -r "$first" list
  queries_are 1
  is "$(wc -l <"$log")" 50
}

@test "lines: what is neither type nor resolver fails that line alone" {
  printf 'one.test\ntwo.test NOPE\nthree.test @nowhere\nfour.test\n' >list
  ask 1 --ndjson list
  total 4
  failed_input NOPE 1
  failed_input nowhere 2
  is "$(asked)" "four.test. 1
one.test. 1"
}

@test "lines: NDJSON has name, type, resolver and id" {
  local first=$RESPONDER
  responder_start
  cat >list <<END
{"name":"one.test"}
{"name":"two.test","type":"MX"}
{"name":"three.test","type":["A","TXT"],"id":"job 3"}
{"name":"four.test","resolver":"$RESPONDER"}
{"name":"five.test","resolver":"@$RESPONDER"}
END
  resolve 0 -r "$first" --keep-order --ndjson list
  total 6
  is "$(records '"\(.name) \(.qtype)"')" "one.test. A
two.test. MX
three.test. A
three.test. TXT
four.test. A
five.test. A"
  is "$(words 'select(.key == "job 3") | .qtype')" "A TXT"
  queries_are 2
}

@test "lines: NDJSON's timeout is of that question" {
  cat >list <<END
{"name":"drop-a.test","timeout":0.2}
{"name":"drop-b.test","timeout":"300ms"}
{"name":"delay500-c.test","timeout":"20s"}
END
  local began=$EPOCHREALTIME
  ask 1 --ndjson --timeout 30s list
  seconds_since "$began" 15
  is "$(words .outcome)" "ok timeout timeout"
}

@test "lines: members of a wrong type are errors of that entry" {
  cat >list <<END
{"name":"a.test","type":7}
{"name":"a.test","type":["A","NOPE"]}
{"name":"a.test","type":[]}
{"name":"a.test","resolver":5}
{"name":"a.test","timeout":"soon"}
{"name":3}
{"nome":"a.test"}
{"name":"a.test"
{"name":"a.test","type":{"A":1}}
{"name":"good.test"}
END
  ask 1 --ndjson list
  total 10
  every '.outcome == "ok" or .error.kind == "input"'
  is "$(words 'select(.outcome == "ok") | .name')" "a.test. good.test."
}

@test "lines: CSV has columns name, type and resolver" {
  printf 'name,type,id\none.test,MX,first\ntwo.test,"A,TXT",second\nthree.test,,x\n' \
    >list.csv
  ask 0 --ndjson --input-format csv list.csv
  total 4
  is "$(words '"\(.key)/\(.qtype)"')" "first/MX second/A second/TXT x/A"
}

@test "lines: a record is an entry, and asks the same again" {
  echo '{"v":1,"type":"result","tool":"resolve","key":"one.test","input":"one.test","name":"one.test.","qtype":"MX"}' >list
  ask 0 --ndjson list
  is "$(asked)" "one.test. 15"
}

# told: what came of each, without what differs from run to run
told() {
  jq -c '[.name, .qtype, .outcome, .result, .error.kind, (.error.message // "" |
    sub("^[^:]*:[0-9]+: "; "")), [.answers[]?.data]]' out | sort
}

# outcomes: lines for every kind of end
outcomes() {
  printf '%s\n' one.test 'two.test MX,TXT' nx-a.test nodata-a.test \
    servfail-a.test refused-a.test drop-a.test bad-a.test 192.0.2.1 \
    'a\032b\"c.test' "three.test @$RESPONDER" "refused-b.test A @$RESPONDER" \
    'bad..name' 'one.test NOTYPE' 'one.test @nonsense' 'http:///' '{odd'
  printf 'b\xff.test\n'
}

@test "lines: records are entries, whatever came of them: the same comes again" {
  outcomes >list
  local format
  for format in ndjson tsv csv; do
    ask 1 --input-format lines --ndjson --retries 1 --attempt-timeout 200ms list
    told >first
    [ "$(wc -l <first)" -eq 19 ]
    [ "$format" = ndjson ] ||
      ask 1 --input-format lines --format "$format" --retries 1 \
        --attempt-timeout 200ms list
    mv out records
    ask 1 --ndjson --input-format "$format" --retries 1 \
      --attempt-timeout 200ms - <records
    told | diff first -
  done
}

@test "lines: entries of NDJSON come again from their records" {
  printf '%s\n' '{"name":"one.test","type":"MX"}' '{"name":7}' '{broken' \
    '{"type":"A"}' '[]' >list
  ask 1 --ndjson list
  told >first
  mv out records
  ask 1 --ndjson - <records
  told | diff first -
}

@test "lines: what --failed writes comes again, and so do their failures" {
  outcomes >list
  ask 1 --input-format lines --ndjson --retries 0 --attempt-timeout 200ms \
    --failed failed list
  told | grep -v '"ok"' >first
  ask 1 --input-format lines --ndjson --retries 0 --attempt-timeout 200ms \
    --failed again failed
  told | diff first -
  diff <(sort failed) <(sort again)
}

@test "lines: a record asks whom its line had named" {
  responder_start
  local other=$RESPONDER
  responder_start
  resolve 0 --ndjson -r "$RESPONDER" "one.test @$other"
  mv out list
  resolve 0 --ndjson -r "$RESPONDER" list
  is "$(records .resolver)" "udp://$other"
}

@test "lines: records of fetch and exec are entries, failures too" {
  printf '%s\n' http://127.0.0.1:1/ 'ht!tp://x y' >urls
  "$ASYNCTOOL" fetch --ndjson --retries 0 urls >records 2>err || true
  ask 1 --ndjson records
  total 2
  is "$(words '.name // .error.kind')" "1.0.0.127.in-addr.arpa. input"
  printf '%s\n' one.test two.test nx-a.test >list
  "$ASYNCTOOL" exec --records records --input list -- \
    sh -c '[ "$1" != two.test ]' sh {} >/dev/null 2>&1 || true
  is "$(wc -l <records)" 3
  ask 0 --ndjson records
  is "$(words '"\(.name) \(.result)"')" \
    "nx-a.test. nxdomain one.test. answer two.test. answer"
}

@test "lines: of a URL the host, and so of the records of fetch" {
  printf '%s\n' https://one.test/path?q=1 'ftp://user:pw@two.test:2121' \
    'http://[2001:db8::1]:80/' 'http:///nothing' 'http://three.test MX' >list
  ask 1 --ndjson list
  total 5
  failed_input "without a host" 3
  is "$(asked | grep -v ip6)" "one.test. 1
three.test. 15
two.test. 1"
  is "$(asked | grep -c 'ip6.*12$')" 1
  echo '{"v":1,"type":"result","tool":"fetch","key":"http://four.test/","url":"http://four.test/"}' \
    >list
  ask 0 --ndjson list
  is "$(records .name)" four.test.
}

@test "lines: comments, blanks, CR LF and a missing newline at the end" {
  printf '# no\n\n  one.test  \r\ntwo.test MX\r\n \t \nthree.test' >list
  ask 0 --ndjson list
  is "$(asked)" "one.test. 1
three.test. 1
two.test. 15"
}

# Names.

@test "names: the root" {
  ask 0 --ndjson . NS
  is "$(records .name)" .
  is "$(asked)" ". 2"
}

@test "names: with and without the dot at the end are the same" {
  ask 0 --ndjson one.test one.test.
  is "$(words .name)" "one.test. one.test."
}

@test "names: \\. is a dot in a label, \\DDD a byte" {
  ask 0 --ndjson 'a\.b.test' 'c\000d.test' 'e\\f.test'
  total 3
  is "$(words .name)" 'a\.b.test. c\000d.test. e\\f.test.'
  queries .query | grep -q 03612e6204746573740000010001
  queries .query | grep -q 0363006404746573740000010001
}

@test "names: what \\ cannot escape is an error of the input" {
  printf '%s\n' 'a\999.test' 'a\25' $'a.test\\' 'good.test' >list
  ask 1 --ndjson list
  is "$(words .outcome)" "failed failed failed ok"
  every '.outcome == "ok" or .error.kind == "input"'
}

@test "names: underscores, spaces that are escaped, and stars are names" {
  ask 0 --ndjson _dmarc.one.test '*.one.test' 'a\ b.test'
  is "$(asked)" "*.one.test. 1
_dmarc.one.test. 1
a?b.test. 1"
}

@test "names: a label has 63 bytes at most, a name 255 with its lengths" {
  local label
  label=$(repeat a 63)
  # 3 * 64 + 1 + 61 + 1 = 255
  printf '%s\n' "$label.test" "a$label.test" \
    "$label.$label.$label.$(repeat b 61)" \
    "$label.$label.$label.$(repeat b 62)" >list
  ask 1 --keep-order --ndjson list
  is "$(records .outcome | tr '\n' ' ')" "ok failed ok failed "
  failed_input "63 bytes" 1
  failed_input "255" 3
}

@test "names: an empty label is an error of the input" {
  printf '%s\n' a..b .a.test ... good.test >list
  ask 1 --ndjson list
  is "$(words .outcome)" "failed failed failed ok"
  failed_input "empty label" 0
}

@test "names: letters beyond ASCII are converted, IDNA 2008" {
  printf '%s\n' 'bücher.test' 'BÜCHER.test' 'faß.test' '例え.test' \
    'bücher。test' >list
  ask 0 --ndjson list
  is "$(words .name)" "xn--bcher-kva.test. xn--bcher-kva.test. \
xn--bcher-kva.test. xn--fa-hia.test. xn--r8jz45g.test."
}

@test "names: what cannot be converted is an error of the input" {
  # A soft hyphen alone is nothing; a joiner may not be there; a label that
  # looks like Punycode and is none.
  printf '%s\n' '-ä.test' $'a\u200d.test' $'\u2f868.\u0301a.test' good.test >list
  ask 1 --ndjson list
  total 4
  failed_input "not a name" 0
  every '.outcome == "ok" or .error.kind == "input"'
  is "$(words 'select(.seq == 3) | .outcome')" ok
}

@test "names: bytes that are not UTF-8 are an error of the input, kept in the record" {
  printf 'a\xff\xfe.test\n\xc3.test\ngood.test\n' >list
  ask 1 --ndjson list
  total 3
  failed_input "not a name" 0
  failed_input "not a name" 1
  is "$(jq -r 'select(.seq == 0) | .input.bytes' out | base64 -d | od -An -tx1 |
    tr -d ' ')" 61fffe2e74657374
}

@test "names: a NUL is an error of that line" {
  printf 'a\0b.test\ngood.test\n' >list
  ask 1 --ndjson list
  total 2
  failed_input "" 0
  is "$(asked)" "good.test. 1"
}

@test "names: a line of 1 MB is an error of that line" {
  { head -c 1048576 /dev/zero | tr '\0' a; echo; echo good.test; } >list
  ask 1 --ndjson list
  total 2
  failed_input "" 0
  is "$(asked)" "good.test. 1"
}

@test "names: a line of 20 MB does not need the memory" {
  { head -c 20000000 /dev/zero | tr '\0' a; echo; echo good.test; } >list
  ask 1 --format '{outcome}\n' list
  is "$(sort out | tr '\n' ' ')" "failed ok "
}

@test "names: garbage of every kind is a record each, and the rest goes on" {
  {
    head -c 20000 /dev/urandom | tr '\0\n' '..'
    echo
    head -c 3000 /dev/urandom | od -An -tu1 -w7 | sed 's/ *\([0-9]*\)/\\\1/g'
    names 20
  } | grep -v '^[[:space:]]*\(#\|$\)' -a >list
  ask 1 --ndjson list
  is "$(records 'select(.input | type == "string" and startswith("n")) |
    select(.outcome == "ok") | .input' | wc -l)" 20
  is "$(jq -s length out)" "$(wc -l <list)"
}

# Addresses.

@test "addresses: one without a type is asked for in reverse" {
  ask 0 --ndjson 192.0.2.1 2001:db8::1
  is "$(asked)" "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. 12
1.2.0.192.in-addr.arpa. 12"
  is "$(words .qtype)" "PTR PTR"
  is "$(words .input)" "192.0.2.1 2001:db8::1"
}

@test "addresses: one with a type is a name" {
  ask 0 --ndjson 192.0.2.1 -t A
  is "$(asked)" "192.0.2.1. 1"
}

@test "addresses: -x takes networks, and every address is asked once" {
  ask 0 --ndjson -x 192.0.2.0/26
  total 64
  is "$(asked | uniq | wc -l)" 64
  asked | grep -q '^0\.2\.0\.192\.in-addr'
  asked | grep -q '^63\.2\.0\.192\.in-addr'
  every '.input == "192.0.2.0/26"'
}

@test "addresses: neighbours of a network are not asked in a row" {
  ask 0 -j 1 --keep-order --ndjson -x 192.0.2.0/24
  total 256
  is "$(words '.name' | tr ' ' '\n' | sort -u | wc -l)" 256
  # Of numbers in a row, those that differ by one.
  is "$(records .name | cut -d . -f 1 |
    awk 'NR > 1 && ($1 - last == 1 || last - $1 == 1) { n++ } { last = $1 }
      END { print n + 0 }')" 0
}

@test "addresses: host bits that are set do not matter" {
  ask 0 --ndjson -x 192.0.2.77/30
  is "$(asked | cut -d . -f 1 | tr '\n' ' ')" "76 77 78 79 "
}

@test "addresses: networks of IPv6" {
  ask 0 --ndjson -x 2001:db8::/120
  total 256
  is "$(words .name | tr ' ' '\n' | sort -u | wc -l)" 256
}

@test "addresses: -x with single addresses, types of one's own, and dig's order" {
  ask 0 --ndjson -x 192.0.2.1 TXT
  is "$(asked)" "1.2.0.192.in-addr.arpa. 16"
}

@test "addresses: with -x a name is an error of the input" {
  printf '192.0.2.1\nwww.test\n192.0.2.0/33\n192.0.2/24\n' >list
  ask 1 --ndjson -x list
  total 4
  failed_input "neither an address nor a network" 1
  failed_input "" 2
  failed_input "" 3
}

@test "addresses: a network of more than --max-expand is an error of the input" {
  printf '192.0.0.0/8\n2001:db8::/64\n192.0.2.0/30\n' >list
  ask 1 --ndjson -x --max-expand 100 list
  total 6
  failed_input "--max-expand" 0
  failed_input "--max-expand" 1
}

@test "addresses: a large network is made as it is asked" {
  # A /12 at once would be a million names.
  ask 3 -x --deadline 1s --format '{outcome}\n' 10.16.0.0/12
  [ "$(grep -c ok out)" -gt 10 ]
}

# Words in front.

@test "brute: each word in front of each name, lazily" {
  printf 'www\nmail\n\nftp\n' >words
  printf 'one.test\ntwo.test MX\n' >list
  ask 0 --ndjson --brute words list
  total 6
  is "$(asked)" "ftp.one.test. 1
ftp.two.test. 15
mail.one.test. 1
mail.two.test. 15
www.one.test. 1
www.two.test. 15"
}

@test "brute: a word of several labels, and one that is no name" {
  printf 'a.b\nbad..word\n%s\nok\n' "$(repeat x 64)" >words
  ask 1 --ndjson --brute words one.test
  total 4
  is "$(words .outcome)" "failed failed ok ok"
  is "$(asked)" "a.b.one.test. 1
ok.one.test. 1"
}

@test "brute: a file that cannot be read is status 4, before anything is asked" {
  ask 4 --brute missing one.test
  has "$(<err)" missing
  queries_are 0
}

@test "brute: no words are no questions" {
  : >words
  ask 0 --ndjson --brute words one.test
  is "$(<out)" ""
}

# Twice.

@test "dedup: questions that came before are dropped, whatever their case" {
  printf 'one.test\nONE.test\none.test.\none.test MX\ntwo.test\none.test\n' >list
  ask 0 --ndjson --dedup list
  is "$(asked)" "one.test. 1
one.test. 15
two.test. 1"
}

@test "dedup: 20,000 questions twice are asked once" {
  { names 20000; names 20000; } >list
  ask 0 --dedup --format '{outcome}\n' list
  queries_are 20000
}
