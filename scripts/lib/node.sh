# Sourced by the entry points: puts a Node that can run Storecast first on PATH.
# A machine whose own Node is recent enough is left alone; elsewhere Node comes as a package from npm into .node/.
NODE_WANTED=24.21.0

storecast_node() {
  local root=$1 major arch dir
  major=$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)
  if [ "$major" -ge 24 ]; then return 0; fi
  case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) arch=x64 ;;
    Linux-aarch64 | Linux-arm64) arch=arm64 ;;
    *) echo "storecast: needs Node 24 or newer; install it from https://nodejs.org and run this again" >&2; return 1 ;;
  esac
  dir=$root/.node/$NODE_WANTED-$arch
  if [ ! -x "$dir/bin/node" ]; then
    command -v npm >/dev/null || { echo "storecast: npm is missing; install any Node with npm and run this again" >&2; return 1; }
    echo "fetching Node $NODE_WANTED ($arch) from the npm registry into .node/" >&2
    local work; work=$(mktemp -d)
    (cd "$work" && npm pack --silent "node-linux-$arch@$NODE_WANTED" >/dev/null && tar xzf ./*.tgz) || { rm -rf "$work"; return 1; }
    mkdir -p "$dir/bin" && mv "$work/package/bin/node" "$dir/bin/node" && chmod +x "$dir/bin/node"
    rm -rf "$work"
  fi
  PATH=$dir/bin:$PATH
  export PATH
}
