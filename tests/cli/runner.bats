#!/usr/bin/env bats
# tests/run.sh and tests/summary.sh: what is counted is what happened.

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  export TAP_DIR=$PWD/tap
  tests=$BATS_TEST_DIRNAME/..
  mkdir bin
  printf '#!/bin/sh\nprintf "%%s\\n" "  Test #1: a/b" "Total Tests: 1"\n' \
    >bin/ctest
  chmod +x bin/ctest
  PATH=$PWD/bin:$PATH
}

# program LINES [COMMANDS]: the program a/b, which prints the lines
program() {
  run "$tests/run.sh" tap a/b sh -c "printf '%s\\n' $1; ${2-}"
}

summary_is() {
  run "$tests/summary.sh" .
  [ "${lines[-1]}" = "$1" ]
}

@test "runner: passed, failed and skipped tests are counted one by one" {
  program "1..4 'ok 1 - a' 'not ok 2 - b' 'ok 3 - c # SKIP no IPv6' 'ok 4 - d'"
  [ "$status" -eq 1 ]
  summary_is "2 passed, 1 failed, 1 skipped"
  [ "$status" -eq 1 ]
  [ "${lines[0]}" = "failed: b" ]
  [ "${lines[1]}" = "skipped: c # SKIP no IPv6" ]
}

@test "runner: a program that ends before its plan does fails" {
  program "1..3 'ok 1 - a'"
  [ "$status" -eq 1 ]
  summary_is "1 passed, 1 failed"
}

@test "runner: a program without a plan fails" {
  program "nothing"
  [ "$status" -eq 1 ]
  summary_is "0 passed, 1 failed"
}

@test "runner: an exit status that no failed test explains fails" {
  program "1..1 'ok 1 - a'" "exit 3"
  [ "$status" -eq 1 ]
  summary_is "1 passed, 1 failed"
}

@test "runner: a program that hangs is ended and fails" {
  export TEST_SECONDS=1
  program "1..2 'ok 1 - a'" "sleep 30"
  [ "$status" -eq 1 ]
  summary_is "1 passed, 1 failed"
}

@test "runner: a runner that is killed leaves a failed test" {
  "$tests/run.sh" one a/b sleep 2 3>&- &
  while [ ! -s tap/a.b.tap ]; do sleep 0.1; done
  kill -9 $!
  summary_is "0 passed, 1 failed"
}

@test "runner: a test that ctest knows and nobody ran is a failure" {
  mkdir tap
  summary_is "0 passed, 1 failed"
}

@test "runner: by exit status, 0 passes, 77 skips and says why, others fail" {
  run "$tests/run.sh" one a/b true
  summary_is "1 passed, 0 failed"
  run "$tests/run.sh" one a/b sh -c 'echo no clang; exit 77'
  [ "$status" -eq 0 ]
  summary_is "0 passed, 0 failed, 1 skipped"
  [ "${lines[0]}" = "skipped: a/b # SKIP no clang" ]
  run "$tests/run.sh" one a/b false
  summary_is "0 passed, 1 failed"
}
