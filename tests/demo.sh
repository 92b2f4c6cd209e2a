#!/bin/sh
# demo.sh BUILD_DIR: fetches 1,000 URLs from a server of our own on 127.0.0.1.
set -eu

tool=$1/cmd/asynctool
origin=$1/tests/helpers/origin/origin
dir=$(mktemp -d "${TMPDIR:-/tmp}/asynctool-demo.XXXXXX")
server=

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

for i in $(seq 1000); do
  echo "http://127.0.0.1:$port/bytes/$((i * 37 % 65536))/page-$i.bin"
done >"$dir/urls.txt"

echo "demo: $tool fetch -j 64 --dir $dir/pages --records $dir/records.ndjson" \
  "$dir/urls.txt"
"$tool" fetch -j 64 --dir "$dir/pages" --records "$dir/records.ndjson" \
  "$dir/urls.txt" >/dev/null

cat <<EOF

demo: $(find "$dir/pages" -type f | wc -l) files are in $dir/pages,
one record per URL in $dir/records.ndjson:
  $(head -n 1 "$dir/records.ndjson")

Three things to try:
  $tool fetch --help
  echo https://example.org/ | $tool fetch --ndjson --dir pages
  $tool fetch -j 64 --journal run.journal --dir pages urls.txt   # and --resume
EOF
