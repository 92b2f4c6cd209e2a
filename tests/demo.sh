#!/bin/sh
# demo.sh BUILD_DIR: fetches 1,000 URLs from a server of our own on 127.0.0.1.
set -eu

build=$(cd "$1" && pwd)
tool=$build/cmd/asynctool
origin=$build/tests/helpers/origin/origin
dir=$(mktemp -d "${TMPDIR:-/tmp}/asynctool-demo.XXXXXX")
server=
no_proxy=127.0.0.1
export no_proxy

stop() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  server=
}
trap stop EXIT
trap 'stop; trap - INT; kill -INT $$' INT
trap 'stop; exit 143' HUP TERM

# Prints the server's port once it listens; it has five seconds.
wait_for_port() {
  for _ in $(seq 50); do
    [ ! -s "$dir/port" ] || break
    sleep 0.1
  done
  cat "$dir/port"
}

"$origin" --port 0 --port-file "$dir/port" >"$dir/origin.log" 2>&1 &
server=$!
port=$(wait_for_port)

# Every hundredth is refused once, with 503, and tried again.
for i in $(seq 1000); do
  case $i in
  *00) path="status/503,200?key=$i" ;;
  *) path="bytes/$((i * 37 % 65536))/page-$i.bin" ;;
  esac
  echo "http://127.0.0.1:$port/$path"
done >"$dir/urls.txt"

set -- "$tool" fetch -v -j 64 --dir "$dir/pages" \
  --records "$dir/records.ndjson" "$dir/urls.txt"
echo "demo: $*"
"$@" >"$dir/records.txt"

cat <<EOF

demo: $(find "$dir/pages" -type f | wc -l) files in $dir/pages
demo: one record a URL in $dir/records.ndjson, the last of them:
$(tail -n 1 "$dir/records.ndjson")

Three things to try:
  grep '"attempts":2' $dir/records.ndjson
  $tool fetch --dir $dir https://example.org/
  $tool fetch --help
EOF
