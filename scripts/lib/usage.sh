# Answers --help with the words that the script begins with.
storecast_usage() {
  local script=$1 option
  shift
  for option in "$@"; do
    case $option in
    -h | --help)
      sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$script"
      exit 0
      ;;
    esac
  done
}
