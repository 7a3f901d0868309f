# Shared by the entry points: the checkout's root, and Node of the version that package.json pins, first on PATH.
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root" || exit 1
PATH="$root/node_modules/.bin:$PATH"
NODE_COMPILE_CACHE=${NODE_COMPILE_CACHE:-"$root/.cache/node"}
export PATH NODE_COMPILE_CACHE
