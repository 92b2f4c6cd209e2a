#!/usr/bin/env bats
# ./bootstrap, with package managers and a cmake that only write down how they
# were called.

setup() {
  unset DEBIAN_FRONTEND
  cd "$BATS_TEST_TMPDIR" || return
  mkdir -p bin tests
  cp "$BATS_TEST_DIRNAME/../../bootstrap" .
  for tool in sh awk cat cut dirname env grep mkdir printf sed tail; do
    ln -s "$(command -v "$tool")" bin/
  done
  stub id 'echo 0'
  stub cmake 'log cmake "$@"'
  printf '#!/bin/sh\necho "7 passed, 0 failed"\n' >tests/all.sh
  chmod +x tests/all.sh
}

# stub NAME COMMANDS: a program in bin/
stub() {
  printf '#!/bin/sh\nlog() { echo "$*" >>"%s/calls"; }\n%s\n' "$PWD" "$2" \
    >"bin/$1"
  chmod +x "bin/$1"
}

bootstrap() {
  PATH=$PWD/bin run ./bootstrap "$@"
}

called() {
  grep -qx -- "$1" calls || {
    cat calls
    return 1
  }
}

@test "bootstrap: what is there already is not installed again" {
  stub apt-get 'log apt-get "$@"'
  stub dpkg-query 'echo "install ok installed"'
  bootstrap
  [ "$status" -eq 0 ]
  [ "$(grep -c apt-get calls)" -eq 0 ]
  called "cmake --build --preset release"
}

@test "bootstrap: apt-get updates and installs what is missing, and asks nothing" {
  stub apt-get 'log "$DEBIAN_FRONTEND" apt-get "$@"'
  stub dpkg-query 'case $* in *libuv1-dev|*cmake) exit 1;; esac
    echo "install ok installed"'
  bootstrap
  [ "$status" -eq 0 ]
  called " apt-get update"
  called "noninteractive apt-get install -y --no-install-recommends cmake libuv1-dev"
}

@test "bootstrap: who is not root installs through sudo" {
  stub id 'echo 1000'
  stub sudo 'log sudo "$@"'
  stub dnf ''
  stub rpm 'case $* in *jansson-devel) exit 1;; esac'
  bootstrap
  [ "$status" -eq 0 ]
  called "sudo dnf install -y jansson-devel"
}

@test "bootstrap: without root and sudo it says what to run" {
  stub id 'echo 1000'
  stub apk '[ "$1" = info ] && [ "$3" != cmake ]'
  bootstrap
  [ "$status" -eq 1 ]
  [[ $output == *"as root, install: cmake"* ]]
}

@test "bootstrap: pacman and brew install the same libraries" {
  stub pacman 'log pacman "$@"; [ "$1" != -Q ]'
  bootstrap
  [ "$status" -eq 0 ]
  called "pacman -Sy --needed --noconfirm gcc .* libuv curl c-ares ldns jansson .*"

  rm bin/pacman
  stub brew 'log brew "$@"; [ "$1" != list ]'
  bootstrap
  [ "$status" -eq 0 ]
  called "brew install cmake .* libuv curl c-ares ldns jansson .*"
}

@test "bootstrap: a step that fails shows what it printed" {
  stub apt-get 'echo "no space left"; exit 100'
  stub dpkg-query 'exit 1'
  bootstrap
  [ "$status" -eq 1 ]
  [[ $output == *"no space left"*"failed: as_root apt-get update"* ]]
}

@test "bootstrap test: the last line counts, also when packages are missing" {
  stub apt-get 'exit 100'
  stub dpkg-query 'echo "install ok installed"'
  bootstrap test
  [ "$status" -eq 0 ]
  [ "${lines[-1]}" = "7 passed, 0 failed" ]

  stub dpkg-query 'exit 1'
  bootstrap test
  [ "$status" -eq 1 ]
  [ "${lines[-1]}" = "0 passed, 1 failed" ]
}

@test "bootstrap: an argument that it does not know is exit 2 and the usage" {
  bootstrap everything
  [ "$status" -eq 2 ]
  [[ $output == *"./bootstrap demo"* ]]
}
