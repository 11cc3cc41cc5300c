# Sourced by ./scripts/test: programs that suites drive and that do not come from npm. On Debian as root what is missing is
# installed; elsewhere the suites that need one say that they were skipped.
storecast_engines() {
  PATH=$PATH:/usr/sbin
  command -v mosquitto >/dev/null && return 0
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "storecast: mosquitto is missing, so the suites that drive a real broker are skipped (install the package mosquitto)" >&2
    return 0
  fi
  echo "installing mosquitto for the suites that drive a real broker (apt-get)" >&2
  apt-get update -qq >&2 && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends mosquitto >&2
}
