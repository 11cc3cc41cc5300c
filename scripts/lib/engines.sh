# Sourced by ./scripts/test: programs that suites drive and that do not come from npm. On Debian as root what is missing is
# installed; elsewhere the suites that need one say that they were skipped.
storecast_engines() {
  PATH=$PATH:/usr/sbin
  local missing=()
  command -v mosquitto >/dev/null || missing+=(mosquitto)
  command -v openssl >/dev/null || missing+=(openssl)
  command -v zsh >/dev/null || missing+=(zsh)
  command -v promtool >/dev/null || missing+=(prometheus)
  command -v prometheus-alertmanager >/dev/null || missing+=(prometheus-alertmanager)
  command -v chromium >/dev/null || missing+=(chromium)
  compgen -G '/usr/lib/*/faketime/libfaketime.so.1' >/dev/null || missing+=(libfaketime)
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "storecast: suites that drive ${missing[*]} are skipped: install these packages" >&2
    return 0
  fi
  echo "installing ${missing[*]} for the suites that drive them (apt-get)" >&2
  apt-get update -qq >&2 && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" >&2
}
