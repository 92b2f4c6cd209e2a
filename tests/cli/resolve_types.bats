#!/usr/bin/env bats
# asynctool-resolve(1): records of every type, as other tools print them.
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

# zone_questions: "NAME TYPE" of each record that types.zone has at a name of
# its type
zone_questions() {
  sed -n '/^\$ORIGIN/,/^; Names/p' "$BATS_TEST_DIRNAME/zones/types.zone" |
    awk '/^[a-z]/ && !/^ns2? / { print $1 ".types.test", $2 }'
}

# all_questions: the same of all names that it has
all_questions() {
  printf '%s\n' 'types.test SOA,NS' 'ns.types.test A' 'ns2.types.test A'
  zone_questions
  sed '1,/^; Names/d' "$BATS_TEST_DIRNAME/zones/types.zone" |
    sed -E 's/^(.*) (A|MX|RP|TXT|CNAME) .*/\1.types.test \2/' | uniq
}

# serve_zone FILE: has a knot of its own serve it as types.test
serve_zone() {
  local port dir=$PWD/again
  mkdir "$dir"
  port=$(free_ports 1)
  cat >"$dir/conf" <<END
server:
  rundir: $dir
  listen: 127.0.0.1@$port
database:
  storage: $dir
zone:
  - domain: types.test
    file: $PWD/$1
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: none
END
  background knotd -c "$dir/conf" >"$dir/log" 2>&1
  until_true knot_serves "$port" types.test || { cat "$dir/log"; return 1; }
  AGAIN=127.0.0.1:$port
}

# squeezed: blanks are one space, and none is at the end
squeezed() {
  sed 's/[[:blank:]]\+/ /g; s/ $//'
}

# drilled <LIST: the same, asked by drill
drilled() {
  local name type
  while read -r name type; do
    drill -p "$KNOT_PORT" "$name" @127.0.0.1 "$type" |
      sed -n '/ANSWER SECTION/,/^$/{/^;/d;/^$/d;p}'
  done | sed 's/ *;{.*//' | squeezed
}

@test "types: each is printed as drill prints it, in words or as RFC 3597 says" {
  zone_questions >list
  [ "$(wc -l <list)" -gt 65 ]
  ask_knot 0 --keep-order --format zone list
  # drill has the names of WKS from /etc/services.
  drilled <list | sed '/WKS/s/tcp smtp http/6 25 80/' >drilled.txt
  squeezed <out | diff drilled.txt -
}

@test "types: ldns and knot read the lines of a zone file, and they say the same" {
  all_questions >list
  ask_knot 0 --keep-order --format zone list
  cp out ours.zone
  ldns-read-zone -z "$BATS_TEST_DIRNAME/zones/types.zone" >expected
  ldns-read-zone -z ours.zone | diff expected -
  # Knot has no words for types that are written as numbers there.
  sed -n 's/^\([a-z0-9-]*\) TYPE[0-9]* .*/^\1\\.types\\./p' \
    "$BATS_TEST_DIRNAME/zones/types.zone" | grep -v type65280 >unknown
  [ "$(wc -l <unknown)" -lt 25 ]
  grep -v -f unknown ours.zone >known.zone
  serve_zone known.zone
  grep -v -f unknown list >known
  resolve 0 --keep-order --format zone -r "$AGAIN" known
  diff known.zone out
}

@test "types: each that kdig knows has the same data there" {
  zone_questions >list
  ask_knot 0 --keep-order --format zone list
  # shellcheck disable=SC2046 # a name, a type, a name ...
  kdig @127.0.0.1 -p "$KNOT_PORT" +noall +answer $(<list) | grep -v '^$' |
    squeezed >kdigged
  is "$(wc -l <kdigged)" "$(wc -l <out)"
  # What differs is the case of hexadecimal digits, zeros that may be left out,
  # a type of certificates that has a name, and what later ones quote.
  squeezed <out | paste -d '\n' - kdigged | tr '[:upper:]' '[:lower:]' |
    sed 's/:0db8\(:0000\)*/:db8:/; s/54\.000/54/; s/ 06 18\.000/ 6 18/
      s/ cert 1 / cert pkix /; s/:\+/:/g; s/:\//\//; s/alpn="\([^"]*\)"/alpn=\1/' >both
  while read -r ours && read -r theirs; do
    case $theirs in
    *'\#'*) continue ;;
    esac
    is "$ours" "$theirs"
    echo "$ours" >>same
  done <both
  [ "$(wc -l <same)" -gt 50 ]
}

@test "types: what nobody has a format for is written as in RFC 3597" {
  ask_knot 0 type65280.types.test TYPE65280
  is "$(<out)" 'type65280.types.test. TYPE65280 \# 4 c0000201'
}

@test "types: records have the same data as text" {
  zone_questions >list
  ask_knot 0 --keep-order list
  mv out text
  ask_knot 0 --keep-order --ndjson list
  records '.answers[] | "\(.name) \(.type) \(.data)"' | diff text -
}

@test "types: the lines of --format zone can be read again" {
  command -v ldns-read-zone >/dev/null || skip "needs ldns-read-zone"
  ask_knot 0 --format zone types.test SOA
  mv out zone
  zone_questions >list
  ask_knot 0 --format zone list
  cat out >>zone
  ldns-read-zone zone | squeezed | sed 's/ *;{.*//' | sort >read.txt
  squeezed <zone | sed '/WKS/s/6 25 80/tcp smtp http/' | sort | diff read.txt -
}

@test "types: names with every kind of byte are printed as zone files have them" {
  ask_knot 0 --format short 'a\.b\ \"c\\d\195\164.types.test'
  is "$(<out)" 192.0.2.3
  ask_knot 0 'a\.b\ \"c\\d\195\164.types.test'
  is "$(<out)" 'a\.b\032\"c\\d\195\164.types.test. A 192.0.2.3'
}

@test "types: -t takes several, in a list and repeated, and one record is for each" {
  ask_knot 0 --ndjson -t A,AAAA -t TXT any.wild.test
  total 3
  is "$(words .qtype)" "A AAAA TXT"
  is "$(words '.answers[0].data')" '"any name" 192.0.2.7 2001:db8::7'
}

@test "types: ANY4 is A and AAAA" {
  ask_knot 0 --format short -t ANY4 any.wild.test
  lines_are "192.0.2.7
2001:db8::7"
}

@test "types: a number does as well as a word" {
  ask_knot 0 --format short -t TYPE16 any.wild.test
  is "$(<out)" '"any name"'
  ask_knot 0 --ndjson -t type28 any.wild.test
  is "$(records .qtype)" AAAA
}

@test "types: A is what is asked for without a word" {
  ask_knot 0 --ndjson any.wild.test
  is "$(records .qtype)" A
}

@test "types: a type that nobody knows is a wrong command line" {
  resolve 2 -r "$KNOT" -t NOPE any.wild.test
  has "$(<err)" "NOPE"
  has "$(<err)" "TYPE65280"
  resolve 2 -r "$KNOT" -t TYPE70000 any.wild.test
}

@test "types: -c asks in another class" {
  ask_knot 0 --ndjson -c CH -t TXT version.server || true
  is "$(records .qclass)" CH
  resolve 2 -r "$KNOT" -c NOPE any.wild.test
}

@test "types: aliases are followed by the server, and all of the way is shown" {
  ask_knot 0 www.types.test
  is "$(<out)" "www.types.test. CNAME way.types.test.
way.types.test. CNAME a.types.test.
a.types.test. A 192.0.2.1"
}

@test "types: signatures of a signed zone come with --dnssec, and drill has the same" {
  ask_knot 0 --dnssec --format zone www.signed.test
  drill -D -p "$KNOT_PORT" www.signed.test @127.0.0.1 |
    sed -n '/ANSWER SECTION/,/^$/{/^;/d;/^$/d;p}' | squeezed >drilled.txt
  is "$(squeezed <out)" "$(<drilled.txt)"
  is "$(grep -c RRSIG out)" 1
  ask_knot 0 --format zone www.signed.test
  is "$(grep -c RRSIG out)" 0
}

@test "types: keys, denials and parameters of a signed zone, as drill has them" {
  local type
  for type in DNSKEY NSEC SOA CDS CDNSKEY; do
    ask_knot 0 --format zone signed.test "$type"
    [ -s out ]
    drill -p "$KNOT_PORT" signed.test @127.0.0.1 "$type" |
      sed -n '/ANSWER SECTION/,/^$/{/^;/d;/^$/d;p}' | sed 's/ *;{.*//' |
      squeezed | sort >drilled.txt
    grep -v '^;' out | squeezed | sort | diff drilled.txt - || return 1
  done
}

@test "types: the denial of a name is in the authority of --details" {
  ask_knot 0 --dnssec --details --ndjson none.signed.test
  is "$(records .rcode)" NXDOMAIN
  is "$(records '[.authority[].type] | unique | join(" ")')" "NSEC RRSIG SOA"
  ask_knot 0 --dnssec --details --ndjson none.nsec3.test
  records '.authority[] | "\(.name) \(.ttl) IN \(.type) \(.data)"' |
    sort >ours
  grep -q NSEC3 ours
  drill -D -p "$KNOT_PORT" none.nsec3.test @127.0.0.1 |
    sed -n '/AUTHORITY SECTION/,/^$/{/^;/d;/^$/d;p}' | squeezed | sort |
    sed 's/ *;{.*//' | diff - ours
}
