#!/usr/bin/env bats
# The examples of asynctool-resolve(1), of its --help and of the README do what is
# said above them: their lines are taken from there and run, with servers of ours.
load resolve

setup() {
  begin_resolve
  source_dir=${ASYNCTOOL_SOURCE:-$BATS_TEST_DIRNAME/../..}
  ln -s "$ASYNCTOOL" "$HOME/asynctool"
  PATH=$HOME:$PATH
  responder_start
  names 3 >names.txt
  printf 'www\nmail\nnothing\n' >words.txt
  {
    echo "$RESPONDER"
    responder_start
    echo "$RESPONDER"
    responder_start
    echo "$RESPONDER"
  } >resolvers.txt
}

teardown() {
  stop_servers
}

# here LINE: the same, with resolvers of ours
here() {
  local line=$1
  line=${line/@127.0.0.1:5300/@$RESPONDER}
  line=${line/@192.0.2.53/@$RESPONDER}
  case $line in
  *"@$RESPONDER"* | *"resolve -r "* | *--system*) ;;
  *) line=${line/asynctool resolve/asynctool resolve -r $RESPONDER} ;;
  esac
  echo "$line"
}

# example PART_OF_LINE STATUS: runs the line with that part, the only one
example() {
  local line
  line=$(grep -F -e "$1" lines)
  is "$(wc -l <<<"$line")" 1 || { echo "$line"; return 1; }
  [ -n "$line" ] || { echo "no line has: $1"; return 1; }
  status=0
  bash -o pipefail -c "$(here "$line")" >out 2>err 3>&- || status=$?
  no_sanitizer_report err
  is "$status" "$2" || { echo "$line"; return 1; }
  echo "$line" >>ran
}

all_ran() {
  is "$(sort -u ran)" "$(sort -u lines)"
}

@test "examples: asynctool-resolve(1)" {
  sed -n -e 's/^\.Dl \$ //p' "$source_dir/man/asynctool-resolve.1" |
    sed -e 's/\\(dq/"/g' -e 's/\\e/\\/g' -e 's/\\-/-/g' >lines
  example "-t A,AAAA" 0
  is "$(wc -l <out)" 6

  example "+short" 0
  is "$(<out)" "10 mail.example."

  { names 3; echo servfail-x.test; } >names.txt
  example "--failed" 1
  is "$(<rest.txt)" servfail-x.test
  is "$(wc -l <answers.txt)" 4

  { names 3; echo nx-x.test; } >names.txt
  example "--only NXDOMAIN" 0
  is "$(<out)" nx-x.test.

  example "-x 192.0.2.0/24" 0
  is "$(wc -l <out)" 256

  example "jq -r" 0
  is "$(sort -u out)" 192.0.2.1

  example "--check-resolvers=only" 0
  is "$(wc -l <good.txt)" 3
  printf '%s.strict.test\n' www mail >names.txt
  names 3 >>names.txt
  example "--wildcard=filter" 0
  is "$(sort out)" "mail.strict.test.
www.strict.test."
  echo localhost >names.txt
  example "--system" 0
  grep -x 'localhost. A 127.0.0.1' out
  all_ran
}

@test "examples: asynctool resolve --help" {
  "$ASYNCTOOL" resolve --help | sed -n 's/^  \(asynctool resolve .*\)/\1/p' \
    >lines
  example "-t A,AAAA" 0
  is "$(wc -l <out)" 6
  example "--failed" 0
  is "$(<rest.txt)" ""
  total 3
  example "-x 192" 0
  example "+dnssec" 0
  query_has '00002904d0000080000000$'
  echo localhost >names.txt
  example "--system" 0
  grep -x 'localhost. A 127.0.0.1' out
  all_ran
}

@test "examples: the README" {
  sed -n '/^## Commands: resolve/,/^## Beside/s/^    \(asynctool .*\)/\1/p' \
    "$source_dir/README.md" >lines
  example "-t A,AAAA" 0
  is "$(wc -l <out)" 6

  { names 3; echo servfail-x.test; } >names.txt
  example "--failed" 1
  is "$(<rest.txt)" servfail-x.test
  names 3 >names.txt

  example "+short" 0
  is "$(<out)" "10 mail.example.com."

  example "-x 192.0.2.0/24" 0
  is "$(wc -l <out)" 256

  # Every name exists below example.com: only by a wildcard, then.
  example "--brute" 0
  is "$(<out)" ""
  line=$(here "$(grep -F -e --brute lines)")
  bash -c "${line/example.com/strict.example.com}" >out
  is "$(sort out)" "mail.strict.example.com.
www.strict.example.com."

  example "--agree 2/3" 0
  is "$(wc -l <out)" 3

  example "--check-resolvers=only" 0
  is "$(wc -l <out)" 3

  example "jq -r" 0
  is "$(sort -u out)" 192.0.2.1

  echo localhost >names.txt
  example "--system" 0
  grep -x 'localhost. A 127.0.0.1' out

  # Needs a zone with servers, see the tests of --soa-check.
  grep -F -e --soa-check lines >>ran
  all_ran
}
