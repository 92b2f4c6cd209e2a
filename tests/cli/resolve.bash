# shellcheck shell=bash
# For the tests of `asynctool resolve`: name servers, runs, and what to say of
# them.
#
#   setup_file() { load resolve; begin_resolve; start_knot; }
#   teardown_file() { load resolve; stop_all; }
#   setup() { load resolve; begin_resolve; responder_start; }
#   teardown() { stop_servers; }
#
# A test is in an empty directory, $PWD. `resolve STATUS WORDS...` runs the
# program; standard output is the file out, standard error the file err. `ask`
# is the same with the responder to ask (../helpers/responder.bash), `ask_knot`
# with knot, which has the zones of zones/.
load helper
load ../helpers/responder

begin_resolve() {
  begin || return
  unset RES_OPTIONS LOCALDOMAIN
  : "${RESPONDER_PROGRAM:?tests/helpers/responder, built}"
}

stop_servers() {
  responder_stop
  stop_all
}

# Runs.

# resolve STATUS WORDS...: runs it, and that has to be the status
resolve() {
  local expected=$1
  shift
  status=0
  "$ASYNCTOOL" resolve "$@" >out 2>err 3>&- || status=$?
  no_sanitizer_report err || return 1
  [ "$status" -eq "$expected" ] && return
  echo "exit status $status, not $expected: asynctool resolve $*"
  head -c 2000 out
  head -c 2000 err
  return 1
}

ask() {
  local expected=$1
  shift
  resolve "$expected" -r "$RESPONDER" "$@"
}

ask_knot() {
  local expected=$1
  shift
  resolve "$expected" -r "$KNOT" "$@"
}

# names N [PATTERN]: N names of the responder, n1.test and so on
names() {
  seq -f "${2:-n%g.test}" "$1"
}

# words FILTER [FILE]: jq over records, sorted, in one line
words() {
  records "$1" "${2:-out}" | sort | tr '\n' ' ' | sed 's/ $//'
}

# Statements.

# lines_are LINES: those of standard output, in any order
lines_are() {
  is "$(sort out)" "$(sort <<<"$1")"
}

# same_names FILE [FIELD]: one record for each line of the file, of that name
same_names() {
  total "$(wc -l <"$1")" || return
  records ".${2:-input}" | sort | diff - <(sort "$1") >unlike && return
  head -n 10 unlike
  return 1
}

# seconds_since WHEN MOST: no more have passed since $EPOCHREALTIME was WHEN
seconds_since() {
  local passed=$(((${EPOCHREALTIME/./} - ${1/./}) / 1000000))
  [ "$passed" -lt "$2" ] && return
  echo "took $passed s, expected less than $2"
  return 1
}

# The responder.

# queries FILTER: jq over what the responder has logged
queries() {
  jq -r "$1" "$RESPONDER_LOG"
}

# query_has PATTERN: the last query's bytes, in hexadecimal, match it
query_has() {
  [[ $(queries .query | tail -n 1) =~ $1 ]] && return
  echo "the query is $(queries .query | tail -n 1), expected $1"
  return 1
}

# queries_are N: so many
queries_are() {
  is "$(wc -l <"$RESPONDER_LOG")" "$1"
}

# nobody_listens: an address where no server is
nobody_listens() {
  echo "127.0.0.1:$(free_ports 1)"
}

# knot.

# signed_zone DOMAIN POLICY
signed_zone() {
  cat <<END
  - domain: $1
    file: signed.zone
    journal-content: all
    zonefile-load: difference-no-serial
    dnssec-signing: on
    dnssec-policy: $2
END
}

has_ipv6() {
  grep -q '^0*1 ' /proc/net/if_inet6 2>/dev/null
}

# knot_conf PORT
knot_conf() {
  local dir=${servers:?}/knot zones=${BATS_TEST_DIRNAME:?}/zones name
  cat <<END
server:
  rundir: $dir
  listen: [ 127.0.0.1@$1$(has_ipv6 && echo ", ::1@$1") ]
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
  nsid: knot-of-the-tests
  edns-client-subnet: on
log:
  - target: $dir/log
    any: info
database:
  storage: $dir
policy:
  - id: quick
    algorithm: ecdsap256sha256
  - id: hashed
    algorithm: ecdsap256sha256
    nsec3: on
mod-cookies:
  - id: strict
    badcookie-slip: 1
template:
  - id: default
    global-module: mod-cookies/strict
    storage: $zones
    file: "%s.zone"
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: none
zone:
END
  for name in types wild; do
    printf '  - domain: %s.test\n    file: %s.zone\n' "$name" "$name"
  done
  signed_zone signed.test quick
  signed_zone nsec3.test hashed
}

knot_serves() {
  kdig "@127.0.0.1" -p "$1" +timeout=1 +retry=0 +short "$2" SOA | grep -q .
}

# Sets KNOT and KNOT_PORT.
start_knot() {
  local dir=${servers:?}/knot
  mkdir -p "$dir"
  for _ in 1 2 3; do
    KNOT_PORT=$(free_ports 1)
    rm -f "$dir/log"
    knot_conf "$KNOT_PORT" >"$dir/conf"
    background knotd -c "$dir/conf" >"$dir/out" 2>&1
    until_true knot_serves "$KNOT_PORT" signed.test >"$dir/wait" && break
    stop_pid "${background_pid:?}"
  done
  export KNOT_PORT KNOT=127.0.0.1:$KNOT_PORT
  knot_serves "$KNOT_PORT" wild.test || { cat "$dir/out" "$dir/log"; return 1; }
}
