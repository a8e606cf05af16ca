# Sourced by the areas' run.sh: starts Holdfast behind a (pretended) trusted proxy on the loopback, all checks on, with
# limits wide enough for one address to be a thousand clients. HOLDFAST names the release binary, SEED the data maker.
holdfast_env() { # PORT DIR
  export HOLDFAST_DATA_DIR=$2 HOLDFAST_TLS__MODE=off-behind-proxy HOLDFAST_TRUSTED_PROXIES=127.0.0.1 \
    HOLDFAST_PUBLIC_URL=https://127.0.0.1 HOLDFAST_LISTEN__HTTP=127.0.0.1:$1 HOLDFAST_LOG__LEVEL=info \
    HOLDFAST_LIMITS__REQUESTS_PER_MINUTE=10000000 HOLDFAST_LIMITS__FRAMES_PER_MINUTE=1000000 \
    HOLDFAST_LIMITS__RATE_FACTOR=100000 HOLDFAST_LIMITS__SOCKETS_PER_PERSON=5000 \
    HOLDFAST_LIMITS__CONNECTIONS_PER_ADDRESS=10000 HOLDFAST_LIMITS__CONNECTIONS=20000
  unset HOLDFAST_DATABASE__URL
}

holdfast_call() { # METHOD PATH JSON
  curl -sf -X "$1" "http://127.0.0.1:$PORT/api/v1$2" -H 'X-Forwarded-Proto: https' -H 'Origin: https://127.0.0.1' \
    -H 'Sec-Fetch-Site: same-origin' -H 'Content-Type: application/json' \
    -H "Cookie: ${HF_COOKIE:+__Host-session=$HF_COOKIE}" -H "X-CSRF-Token: ${HF_CSRF:-}" -d "$3" -D "$VAR/headers"
}
field() { node -e 'let t="";process.stdin.on("data",d=>t+=d).on("end",()=>console.log(process.argv[1].split(".").reduce((o,k)=>o[k],JSON.parse(t))))' "$1"; }

# Area A: an empty workspace with one person and one channel.
holdfast_chat() { # on SQLite, or on PostgreSQL with PGURL set by the caller
  rm -rf "$VAR/holdfast"; holdfast_env "$PORT" "$VAR/holdfast"
  [ -n "${1:-}" ] && export HOLDFAST_DATABASE__URL=$1
  HF_COOKIE= HF_CSRF=
  start "$PORT" "$HOLDFAST" serve
  local token me; token=$(grep -o '/setup#.*' "$VAR/server.log" | cut -d'#' -f2)
  me=$(holdfast_call POST /setup "{\"token\":\"$token\",\"organisation\":\"Bench\",\"name\":\"B\",\"handle\":\"b\",\"email\":\"b@example.org\",\"password\":\"correct horse battery staple 7\"}")
  HF_COOKIE=$(sed -n 's/^set-cookie: __Host-session=\([^;]*\).*/\1/Ip' "$VAR/headers"); HF_CSRF=$(field csrfToken <<<"$me")
  HF_ORG=$(field memberships.0.org.id <<<"$me")
  HF_CHANNEL=$(holdfast_call POST "/orgs/$HF_ORG/channels" '{"name":"bench","topic":"","kind":"public"}' | field id)
  export HF_COOKIE HF_ORG HF_CHANNEL
}

# Area B: the seeded million.
holdfast_pages() { # sqlite | postgres URL
  local dir=$VAR/holdfast-rest-$1
  holdfast_env "$PORT" "$dir"
  export REQUESTS=$VAR/holdfast-requests-$1.tsv
  if [ "$1" = postgres ]; then export HOLDFAST_DATABASE__URL=$2; fi
  if [ ! -f "$REQUESTS" ]; then
    rm -rf "$dir"; "$HOLDFAST" init 2>/dev/null
    if [ "$1" = postgres ]; then "$SEED" postgres "$2" - "$REQUESTS"
    else "$SEED" sqlite "$dir/holdfast.db" "$dir/keys/database.key" "$REQUESTS"; fi
  fi
  start "$PORT" "$HOLDFAST" serve
}
