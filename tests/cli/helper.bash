# shellcheck shell=bash
# For the tests of `asynctool fetch`: servers, runs, and what to say about them.
#
#   setup() { load helper; begin; start_origin; }
#   teardown() { stop_all; }
#   setup_file() { load helper; begin; start_origin; start_nginx; }
#   teardown_file() { load helper; stop_all; }
#
# A test is in an empty directory, $PWD. `fetch STATUS WORDS...` runs the
# program; standard output is the file out, standard error the file err.

# Where this test (or, in setup_file, this file) may write.
own_dir() {
  printf '%s\n' "${BATS_TEST_TMPDIR:-$BATS_FILE_TMPDIR}"
}

# An environment that is nobody's, and an empty directory.
begin() {
  : "${ASYNCTOOL:?the program}" "${ORIGIN:?tests/helpers/origin, built}"
  bats_require_minimum_version 1.5.0
  unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY \
    ALL_PROXY NO_PROXY SSL_CERT_FILE SSL_CERT_DIR ASYNC_DEBUG
  export ASAN_OPTIONS=${ASAN_OPTIONS:-}:exitcode=86
  export UBSAN_OPTIONS=${UBSAN_OPTIONS:-}:exitcode=86:halt_on_error=1
  export NO_COLOR=1 LC_ALL=C TZ=UTC
  servers=$(own_dir)/servers
  HOME=$(own_dir)/home
  export HOME XDG_CONFIG_HOME=$HOME/.config
  mkdir -p "$servers" "$HOME" "$(own_dir)/work"
  cd "$(own_dir)/work" || return
}

# Processes.

ends_with_test() {
  echo "$1" >>"$servers/pids"
}

# background WORDS...: runs beside the test; sets $background_pid
background() {
  "$@" 3>&- 4>&- &
  background_pid=$!
  ends_with_test "$background_pid"
}

# until_true WORDS...: tries for 5 seconds at most
until_true() {
  local i
  for ((i = 0; i < 500; i++)); do
    if "$@" 2>/dev/null; then return 0; fi
    sleep 0.01
  done
  echo "waited in vain for: $*"
  return 1
}

is_gone() {
  ! kill -0 "$1" 2>/dev/null
}

stop_pid() {
  is_gone "$1" && return
  kill "$1" 2>/dev/null
  until_true is_gone "$1" >/dev/null || kill -KILL "$1" 2>/dev/null
}

stop_all() {
  local pid
  servers=$(own_dir)/servers
  [ -f "$servers/pids" ] || return 0
  while read -r pid; do stop_pid "$pid"; done <"$servers/pids"
  rm -f "$servers/pids"
}

# Servers.

# start_origin WORDS...: sets ORIGIN_URL, ORIGIN_PORT, ORIGIN_LOG
start_origin() {
  local port_file=$servers/origin.port
  export ORIGIN_LOG=$servers/origin.log
  rm -f "$port_file"
  : >"$ORIGIN_LOG"
  background "$ORIGIN" --port 0 --port-file "$port_file" --log "$ORIGIN_LOG" \
    "$@" >"$servers/origin.out" 2>&1
  origin_pid=$background_pid
  until_true test -s "$port_file" || { cat "$servers/origin.out"; return 1; }
  read -r ORIGIN_PORT <"$port_file"
  export origin_pid ORIGIN_PORT ORIGIN_URL=http://127.0.0.1:$ORIGIN_PORT
}

is_listening() {
  (: <>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# free_ports N: the first of N in a row at which nobody listens
free_ports() {
  local base port
  while :; do
    base=$((20000 + RANDOM % 10000))
    for ((port = base; port < base + $1; port++)); do
      is_listening "$port" && continue 2
    done
    echo "$base"
    return
  done
}

# self_signed NAME SUBJECT MORE...: $TLS_DIR/NAME.pem and NAME.key
self_signed() {
  local name=$1 subject=$2
  shift 2
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -days 30 -subj "/CN=$subject" -keyout "$TLS_DIR/$name.key" \
    -out "$TLS_DIR/$name.pem" "$@" 2>>"$TLS_DIR/log"
}

# signed NAME SUBJECT ALT_NAMES: the same, by the CA
signed() {
  local file=$TLS_DIR/$1
  printf 'basicConstraints=critical,CA:FALSE\nsubjectAltName=%s\n' "$3" \
    >"$file.ext"
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -subj "/CN=$2" -keyout "$file.key" -out "$file.csr" 2>>"$TLS_DIR/log"
  openssl x509 -req -in "$file.csr" -days 30 -CA "$TLS_DIR/ca.pem" \
    -CAkey "$TLS_DIR/ca.key" -CAcreateserial -extfile "$file.ext" \
    -out "$file.pem" 2>>"$TLS_DIR/log"
}

# A CA, and certificates of it: one that is right, one of another name, one of
# a client. And one that signed itself.
make_certificates() {
  local names=DNS:localhost,IP:127.0.0.1,IP:::1
  export TLS_DIR=$servers/tls
  mkdir -p "$TLS_DIR"
  self_signed ca "Test CA"
  self_signed self localhost -addext "subjectAltName=$names"
  signed server localhost "$names"
  signed wrong other.example DNS:other.example
  signed client someone DNS:someone
  export CA_FILE=$TLS_DIR/ca.pem
}

# nginx_server LISTEN CERTIFICATE MORE
nginx_server() {
  printf 'server { listen %s; location / { proxy_pass %s; }\n' "$1" \
    "$ORIGIN_URL"
  [ -z "$2" ] || printf 'ssl_certificate %s; ssl_certificate_key %s;\n' \
    "$TLS_DIR/$2.pem" "$TLS_DIR/$2.key"
  printf '%s }\n' "$3"
}

# nginx_conf FIRST_PORT
nginx_conf() {
  local host=127.0.0.1 dir=$servers/nginx
  cat <<END
daemon off; master_process off; pid $dir/pid; error_log $dir/error.log;
events { worker_connections 1024; }
http {
  access_log off; client_body_temp_path $dir/body; proxy_temp_path $dir/proxy;
  fastcgi_temp_path $dir/f; uwsgi_temp_path $dir/u; scgi_temp_path $dir/s;
  proxy_http_version 1.1; proxy_buffering off;
  proxy_set_header Host \$http_host;
  proxy_set_header X-Protocol \$server_protocol;
  proxy_set_header X-Scheme \$scheme;
  proxy_set_header X-Client-Certificate \$ssl_client_s_dn;
$(nginx_server "$host:$1" "" "")
$(nginx_server "$host:$(($1 + 1)) ssl http2" server "")
$(nginx_server "$host:$(($1 + 2)) ssl http2" wrong "")
$(nginx_server "$host:$(($1 + 3)) ssl http2" self "")
$(nginx_server "$host:$(($1 + 4)) ssl" server \
    "ssl_verify_client on; ssl_client_certificate $TLS_DIR/ca.pem;")
}
END
}

# In front of the origin: NGINX_HTTP; and over TLS with HTTP/2, NGINX_TLS with
# the certificate that CA_FILE verifies, NGINX_WRONG with that of another host,
# NGINX_SELF with one that signed itself, NGINX_CLIENT, which wants one of us.
# A request's headers tell the origin X-Protocol, X-Scheme and
# X-Client-Certificate.
start_nginx() {
  local first dir=$servers/nginx
  mkdir -p "$dir"
  make_certificates
  for _ in 1 2 3; do
    first=$(free_ports 5)
    nginx_conf "$first" >"$dir/conf"
    background nginx -p "$dir" -e "$dir/error.log" -c "$dir/conf" \
      >"$dir/out" 2>&1
    until_true test -s "$dir/pid" && break
    stop_pid "$background_pid"
  done
  [ -s "$dir/pid" ] || { cat "$dir/error.log"; return 1; }
  export NGINX_HTTP=http://localhost:$first
  export NGINX_TLS=https://localhost:$((first + 1))
  export NGINX_WRONG=https://localhost:$((first + 2))
  export NGINX_SELF=https://localhost:$((first + 3))
  export NGINX_CLIENT=https://localhost:$((first + 4))
}

# Runs.

# A sanitizer's report is never what a test is about.
no_sanitizer_report() {
  ! grep -E -A 30 'Sanitizer|runtime error:' "$1"
}

# fetch STATUS WORDS...: runs it, and that has to be the status
fetch() {
  local expected=$1
  shift
  status=0
  "$ASYNCTOOL" fetch "$@" >out 2>err 3>&- || status=$?
  no_sanitizer_report err || return 1
  [ "$status" -eq "$expected" ] && return
  echo "exit status $status, not $expected: asynctool fetch $*"
  head -c 2000 out
  head -c 2000 err
  return 1
}

# urls N [PATH]: N URLs, PATH/1 and so on
urls() {
  local i
  for ((i = 1; i <= $1; i++)); do echo "$ORIGIN_URL${2:-/ok}/$i"; done
}

# Statements about a run.

# records FILTER [FILE]: jq over records, by default those of the last run
records() {
  jq -r "$1" "${2:-out}"
}

# requests FILTER: jq over what the origin has logged
requests() {
  jq -r "$1" "$ORIGIN_LOG"
}

# is ACTUAL EXPECTED
is() {
  [ "$1" = "$2" ] && return
  printf 'is:       %s\nexpected: %s\n' "$1" "$2"
  [ ! -e err ] || head -c 2000 err
  return 1
}

# has TEXT PART
has() {
  [[ $1 == *"$2"* ]] && return
  printf 'is:         %s\nlacks:      %s\n' "$1" "$2"
  return 1
}

# every FILTER [FILE]: it is true of every record
every() {
  jq -se "all(.[]; $1)" "${2:-out}" >/dev/null && return
  echo "not every record has: $1"
  jq -c "select(($1) | not)" "${2:-out}" | head -n 5
  return 1
}

# total N [FILE]: there are so many records, each of another entry
total() {
  is "$(jq -s 'length' "${2:-out}")" "$1" || return
  is "$(jq -s '[.[].seq] | unique | length' "${2:-out}")" "$1"
}

# one_error KIND [FILE]: one record, failed, for that reason, in a sentence
one_error() {
  total 1 "${2:-out}" || return
  is "$(records .error.kind "${2:-out}")" "$1" || { cat "${2:-out}"; return 1; }
  every '(.outcome == "failed" or .outcome == "timeout") and
    (.error.message | length) > 8' "${2:-out}"
}

# no_leftovers [DIR]: there is no temporary file
no_leftovers() {
  local left
  left=$(find "${1:-.}" -name '.*' ! -name . ! -name '..')
  is "$left" ""
}
