# Sourced by the areas' run.sh: starts Holdfast with all checks on, and limits wide enough for one address to be a thousand
# clients. Peers: holdfast (SQLite), holdfast-pg (PostgreSQL), each behind a (pretended) proxy on the loopback, for parity with
# peers that speak plain HTTP; holdfast-tls and holdfast-pg-tls end TLS themselves.

holdfast_start() { # PEER DIR [DATABASE_URL]: sets SERVER_PID, ALL_PIDS, URL
  export HOLDFAST_DATA_DIR=$2 HOLDFAST_LOG__LEVEL=info HOLDFAST_PUBLIC_URL=https://127.0.0.1 \
    HOLDFAST_LIMITS__REQUESTS_PER_MINUTE=10000000 HOLDFAST_LIMITS__FRAMES_PER_MINUTE=1000000 \
    HOLDFAST_LIMITS__RATE_FACTOR=100000 HOLDFAST_LIMITS__SOCKETS_PER_PERSON=5000 \
    HOLDFAST_LIMITS__CONNECTIONS_PER_ADDRESS=10000 HOLDFAST_LIMITS__CONNECTIONS=20000
  unset HOLDFAST_DATABASE__URL HOLDFAST_TLS__MODE HOLDFAST_TRUSTED_PROXIES HOLDFAST_LISTEN__HTTP HOLDFAST_LISTEN__HTTPS
  if [ -n "${3:-}" ]; then export HOLDFAST_DATABASE__URL=$3; fi
  if [[ $1 == *-tls ]]; then
    URL=https://127.0.0.1:$PORT
    export HOLDFAST_LISTEN__HTTPS=127.0.0.1:$PORT HOLDFAST_LISTEN__HTTP=127.0.0.1:0
  else
    URL=http://127.0.0.1:$PORT
    export HOLDFAST_TLS__MODE=off-behind-proxy HOLDFAST_TRUSTED_PROXIES=127.0.0.1 HOLDFAST_LISTEN__HTTP=127.0.0.1:$PORT
  fi
  start "$PORT" "$HOLDFAST" serve
  ALL_PIDS=$SERVER_PID${PG_PID:+,$PG_PID}
}

holdfast_database() { # PEER NAME: starts PostgreSQL and prints the database's address, or prints nothing for SQLite
  [[ $1 == *-pg* ]] && echo "${PGURL%/*}/$2"
  return 0
}

holdfast_call() { # METHOD PATH JSON
  curl -skf -X "$1" "$URL/api/v1$2" -H 'X-Forwarded-Proto: https' -H "Origin: $HF_ORIGIN" -H "Host: 127.0.0.1" \
    -H 'Sec-Fetch-Site: same-origin' -H 'Content-Type: application/json' \
    -H "Cookie: ${HF_COOKIE:+__Host-session=$HF_COOKIE}" -H "X-CSRF-Token: ${HF_CSRF:-}" ${3:+-d "$3"} -D "$VAR/headers"
}
field() { node -e 'let t="";process.stdin.on("data",d=>t+=d).on("end",()=>console.log(process.argv[1].split(".").reduce((o,k)=>o[k],JSON.parse(t))))' "$1"; }

# Area A: an empty workspace with one person and one channel.
holdfast_chat() { # PEER
  rm -rf "$VAR/holdfast"
  if [[ $1 == *-pg* ]]; then
    pg_start
    psql_do -d postgres -c "DROP DATABASE IF EXISTS holdfast" -c "CREATE DATABASE holdfast" 2>/dev/null
  fi
  HF_COOKIE= HF_CSRF= HF_ORIGIN=https://127.0.0.1
  holdfast_start "$1" "$VAR/holdfast" "$(holdfast_database "$1" holdfast)"
  local token me; token=$(grep -o '/setup#.*' "$VAR/server.log" | cut -d'#' -f2)
  me=$(holdfast_call POST /setup "{\"token\":\"$token\",\"organisation\":\"Bench\",\"name\":\"B\",\"handle\":\"b\",\"email\":\"b@example.org\",\"password\":\"correct horse battery staple 7\"}")
  HF_COOKIE=$(sed -n 's/^set-cookie: __Host-session=\([^;]*\).*/\1/Ip' "$VAR/headers"); HF_CSRF=$(field csrfToken <<<"$me")
  HF_ORG=$(field memberships.0.org.id <<<"$me")
  HF_CHANNEL=$(holdfast_call POST "/orgs/$HF_ORG/channels" '{"name":"bench","topic":"","kind":"public"}' | field id)
  export HF_COOKIE HF_ORG HF_CHANNEL HF_ORIGIN URL
  LOAD_PORT=$PORT
  if [[ $1 == *-tls ]]; then holdfast_tunnel; fi
}

# The load speaks no TLS: nginx does it for it, on the load's core.
holdfast_tunnel() {
  LOAD_PORT=$((PORT + 50))
  if port_open "$LOAD_PORT"; then return; fi
  local modules; modules=$(ls /usr/lib/nginx/modules/ngx_stream_module.so 2>/dev/null || true)
  cat >"$VAR/tunnel.conf" <<CONF
${modules:+load_module $modules;}
pid $VAR/tunnel.pid; error_log $VAR/tunnel.log; daemon off; master_process off; worker_rlimit_nofile 10000;
events { worker_connections 8000; }
stream { server { listen 127.0.0.1:$LOAD_PORT backlog=4096; tcp_nodelay on;
  proxy_pass 127.0.0.1:$PORT; proxy_ssl on; proxy_ssl_protocols TLSv1.3; proxy_ssl_session_reuse on; } }
CONF
  taskset -c "$LOAD_CPUS" nginx -e "$VAR/tunnel.log" -c "$VAR/tunnel.conf" >/dev/null 2>&1 &
  PIDS+=($!)
  until port_open "$LOAD_PORT"; do sleep 0.1; done
}

# Rows stored, as the API tells them: the file is encrypted.
holdfast_count() {
  node "$OVERLAY/count.mjs"
}

# Area B: the seeded million.
holdfast_pages() { # PEER
  local engine=sqlite
  if [[ $1 == *-pg* ]]; then
    engine=postgres; pg_start
    psql_do -d postgres -c "SELECT 1 FROM pg_database WHERE datname = 'holdfast_rest'" | grep -q 1 ||
      psql_do -d postgres -c "CREATE DATABASE holdfast_rest"
  fi
  local dir=$VAR/holdfast-rest-$engine url; url=$(holdfast_database "$1" holdfast_rest)
  export REQUESTS=$VAR/holdfast-requests-$engine.tsv PEER_LUA=$HERE/page.lua
  LUA=$OVERLAY/page.lua
  if [ ! -f "$REQUESTS" ]; then
    rm -rf "$dir"
    # Only a URL that there is: an empty setting is refused. Whatever is refused is shown.
    env HOLDFAST_DATA_DIR="$dir" ${url:+HOLDFAST_DATABASE__URL="$url"} "$HOLDFAST" init >"$VAR/init.log" 2>&1 ||
      { echo "holdfast init failed:" >&2; cat "$VAR/init.log" >&2; return 1; }
    if [ "$engine" = postgres ]; then "$SEED" postgres "$url" - "$REQUESTS"
    else "$SEED" sqlite "$dir/holdfast.db" "$dir/keys/database.key" "$REQUESTS"; fi
  fi
  holdfast_start "$1" "$dir" "$url"
}
