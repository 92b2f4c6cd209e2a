#!/usr/bin/env bats
# What asynctool resolve once did wrong.
load resolve

setup() {
  begin_resolve
}

teardown() {
  stop_servers
}

# TCP.

@test "regress: a connection that is closed because of one name costs no other" {
  responder_start
  { names 3 'tc-close-b%g.test'; names 100 'tc-g%g.test'; } >list
  ask 1 --ndjson --backoff 0 list
  same_names list
  is "$(words 'select(.outcome != "ok") | .input')" \
    "tc-close-b1.test tc-close-b2.test tc-close-b3.test"
}

@test "regress: a server that answers once on a connection answers every name" {
  responder_start --always last
  names 300 >list
  ask 0 --ndjson --tcp always --retries 0 list
  same_names list
  every '.result == "answer" and .proto == "tcp"'
}

# Words that mean something elsewhere.

@test "regress: what is wrong with an entry cannot command a terminal" {
  responder_start
  printf 'a\033[31m..b\na\302\2331m..b\na\177..b\n' >list
  ask 1 list
  is "$(wc -l <out)" 3
  is "$(LC_ALL=C tr -d '\n -~' <out)" ""
}

@test "regress: --dedup asks another resolver the same" {
  responder_start
  local one=$RESPONDER
  responder_start
  printf 'a.test @%s\na.test @%s\na.test @%s\n' "$one" "$RESPONDER" "$one" >list
  ask 0 --dedup --ndjson list
  is "$(words .resolver | wc -w)" 2
}

# Votes.

@test "regress: --agree asks again whom there is nobody to replace" {
  responder_start --every drop=7
  names 300 >list
  ask 0 --ndjson --agree 1/1 --attempt-timeout 150ms list
  same_names list
  every '.result == "answer" and .agree == "1/1"'
}

# Lists of resolvers.

@test "regress: a list of resolvers does not end at a NUL byte" {
  printf '127.0.0.1\0\n127.0.0.2\n' >resolvers
  resolve 2 -r resolvers a.test
  grep -q 'resolvers: contains a NUL byte' err
}

# --failed.

@test "regress: --failed keeps names that look like comments or lines" {
  responder_start --always refused
  printf '\\035a.test MX,TXT\0#b.test\0c\nd.test\0' >entries
  ask 1 --retries 0 -0 --failed rest entries
  ask 1 --retries 0 --ndjson rest
  is "$(words '"\(.name) \(.qtype)"')" \
    '#a.test. MX #a.test. TXT #b.test. A c\010d.test. A'
}
