#!/usr/bin/env bats
# shellcheck disable=SC1083 # placeholders in braces
# What parallel_alternatives(7), "Testing other tools", asks of any tool like
# this one: eleven trials, in our own words and scaled to the time and memory of
# a test run. Where one is scaled down, it says by how much; STRESS=N makes
# those N times as large.
load exec

setup() {
  begin_exec
  : "${STRESS:=1}"
}

teardown() {
  stop_jobs
}

# ./letters: some hundred kilobytes of each letter, a c e on standard output and
# b d f on standard error, one line on each
make_letters() {
  make_script letters <<'END'
piece() { head -c "$BYTES" /dev/zero | tr '\0' "$1"; }
for pair in ab cd ef; do
  piece "${pair%?}"
  piece "${pair#?}" >&2
done
echo
echo >&2
END
}

# MIX. 30 jobs at once, 300 kB a piece (a tenth).
@test "stress: MIX: the output of jobs that run at once does not mix" {
  make_letters
  BYTES=$((300000 * STRESS)) launch 0 -j 30 ./letters ::: {1..30}
  tr -s a-f <out | sort | uniq -c | tr -s ' ' >squeezed
  is "$(<squeezed)" " 30 ace"
  tr -s a-f <err | sort | uniq -c | tr -s ' ' >squeezed
  is "$(<squeezed)" " 30 bdf"
  is "$(wc -c <out)" $((30 * (3 * 300000 * STRESS + 1)))
}

@test "stress: MIX: with -O line neither" {
  make_letters
  BYTES=$((30000 * STRESS)) launch 0 -O line -j 30 ./letters ::: {1..30}
  is "$(tr -s a-f <out | sort -u)" ace
  is "$(tr -s a-f <err | sort -u)" bdf
  is "$(wc -l <out)" 30
}

@test "stress: STDERRMERGE: standard error stays apart" {
  launch 0 sh -c 'for i in 1 2; do echo here; echo there >&2; done' sh ::: x
  is "$(<out)" $'here\nhere'
  is "$(<err)" $'there\nthere'
}

# RAM. More output than we may use: 10 jobs of 32 MB with a buffer of 4 MB, and
# where no sanitizer is at work 64 MB of resident memory for everything (the
# original: 20 of 1 GB, more than the machine has).
@test "stress: RAM: output may be larger than memory" {
  command -v perl >/dev/null || skip "needs perl"
  local each=$((32000000 * STRESS)) kb
  perl -e '$pid = open F, "-|", @ARGV; $n = 0;
    while ($got = sysread F, $_, 1 << 20) { $n += $got }
    close F; print "$n $?\n"' \
    "$ASYNCTOOL" exec -j 10 -k --buffer-size 4M --tmpdir "$TMPDIR" \
    --records rec sh -c "yes \"\$1\" | head -c $each; grep VmHWM /proc/\$PPID/status >hwm.\$1" \
    sh ::: {1..10} >out 2>err
  no_sanitizer_report err
  is "$(<out)" "$((10 * each)) 0"
  is "$(ls -A "$TMPDIR")" ""
  kb=$(cat hwm.* | tr -dc '0-9\n' | sort -n | tail -n 1)
  [ -n "$kb" ] || return 0
  ! grep -q asan <(ldd "$ASYNCTOOL" 2>/dev/null) || return 0
  [ "$kb" -lt 65536 ] || { echo "$kb KiB"; return 1; }
}

# DISKFULL. A disk of 4 MB (the original: 100 GB), full before the jobs write.
@test "stress: DISKFULL: where the disk for output is full, nothing is lost" {
  mkdir small
  mount -t tmpfs -o size=4m none small 2>/dev/null ||
    skip "may not mount a small file system"
  head -c 100000000 /dev/zero >small/full 2>/dev/null || true
  status=0
  "$ASYNCTOOL" exec -j 10 -k --buffer-size 1M --tmpdir small sh -c \
    'head -c 3000000 /dev/zero | tr "\0" X; echo "middle $1"; [ "$1" != 5 ] || rm -f small/full;
     echo "final $1"' sh ::: {1..10} >out 2>err || status=$?
  umount small
  no_sanitizer_report err
  is "$status" 0
  is "$(tr -s X <out | sed 's/^X//' | sort)" \
    "$(for i in {1..10}; do echo "middle $i"; echo "final $i"; done | sort)"
  is "$(wc -c <out)" $((30000000 + $(tr -d X <out | wc -c)))
}

@test "stress: CLEANUP: nothing is left in /tmp of one that was killed" {
  start_exec -j 4 -k --buffer-size 64k --tmpdir "$TMPDIR" sh -c \
    'head -c 5000000 /dev/zero; echo $$ >>pids; exec sleep 60' sh ::: {1..4}
  until_true has_lines pids 4
  is "$(ls -A "$TMPDIR")" ""
  kill -KILL "${run_pid:?}"
  died_of KILL
  is "$(ls -A "$TMPDIR")" ""
}

@test "stress: SPCCHAR: names of all sorts" {
  local name="Our neighbour's 7\" reel -- **final** (\$\$\$ \`x\`, 50% & more; a|b) #1?.tif"
  : >"$name"
  : >"$name .tif"
  ls -- *tif >list
  launch 0 -a list ls -l
  is "$(grep -cF "$name" out)" 2
  launch 0 -a list --shell 'ls -l {}'
  is "$(grep -cF "$name" out)" 2
  printf '%s\0' *tif >list
  launch 0 -0 -X -a list ls -l
  is "$(grep -cF "$name" out)" 2
}

@test "stress: COMPOSED: composed commands" {
  launch 0 --shell 'echo first; echo {}' ::: second
  is "$(<out)" $'first\nsecond'
  launch 0 --commands ::: 'echo first; echo second | cat'
  is "$(<out)" $'first\nsecond'
}

@test "stress: ONEREP: more than one placeholder" {
  launch 0 echo {} between {} ::: x
  is "$(<out)" "x between x"
}

# INPUTSIZE. A line as long as lists have them, 1 MB (the original: 100 MB,
# which no command line of a system can hold); and 100 MB as a block.
@test "stress: INPUTSIZE: long lines" {
  head -c 900000 /dev/zero | tr '\0' x >list
  launch 0 --stdin record -a list sh -c 'wc -c' sh {#}
  [ "$(tr -d ' ' <out)" -ge 900000 ]
  head -c 131000 /dev/zero | tr '\0' x >list
  launch 0 -a list echo
  is "$(wc -c <out)" 131001
  { printf foo.; head -c 120000 /dev/zero | tr '\0' x; } >list
  launch 0 -a list echo {.}
  is "$(<out)" foo
}

@test "stress: INPUTSIZE: a line that is too long is an error of its own" {
  { head -c 3000000 /dev/zero | tr '\0' x; echo; echo short; } >list
  launch 1 --ndjson -a list echo
  total 2
  is "$(outcomes)" "1 failed 1 ok"
}

@test "stress: INPUTSIZE: a block with a line of 100 MB" {
  set -o pipefail
  head -c $((100000000)) /dev/zero | tr '\0' x |
    "$ASYNCTOOL" exec --pipe size=1M wc -c 2>err 3>&- | tr -d ' ' >out
  no_sanitizer_report err
  is "$(<out)" 100000000
}

# NUMWORDS. 30 jobs of 1 MB (a tenth): lines of a thousand words are not dearer
# than bytes.
@test "stress: NUMWORDS: many words a line" {
  seq 1000 | tr '\n' ' ' >words
  echo >>words
  local rows=$((250 * STRESS))
  for how in group line; do
    status=0
    "$ASYNCTOOL" exec -j 30 -O "$how" sh -c "yes \"\$(cat words)\" | head -n $rows" sh \
      ::: {1..30} 2>err 3>&- </dev/null | sort -u >out
    no_sanitizer_report err
    is "$(wc -l <out)" 1
    is "$(wc -w <out)" 1000
  done
}

# 4GB. A line longer than 32 bits can count; a tenth here, all of it with
# STRESS=10. Nothing else of the output may be needed to be in memory.
@test "stress: 4GB: a very long line" {
  local bytes=$((500000000 * STRESS))
  BATS_TEST_TIMEOUT=280 "$ASYNCTOOL" exec --buffer-size 8M --tmpdir "$TMPDIR" sh -c \
    "head -c $bytes /dev/zero; echo" sh ::: 1 2>err 3>&- </dev/null | wc -lc >out
  no_sanitizer_report err
  is "$(tr -s ' ' <out | sed 's/^ //')" "1 $((bytes + 1))"
}
