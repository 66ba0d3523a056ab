# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
#
# Sourced by tests/run.sh and examples/demo.sh: install_packages brings the Debian packages that are missing.
slimming_packages=(build-essential cmake ninja-build pkg-config libeigen3-dev libtbb-dev catch2 libcli11-dev
  nlohmann-json3-dev zlib1g-dev libjpeg-dev libpng-dev libmatio-dev libzip-dev libonnx-dev libprotobuf-dev
  protobuf-compiler)

install_packages() {
  command -v dpkg-query >/dev/null || { echo "not a Debian system: install ${slimming_packages[*]} yourself" >&2; return 0; }
  local missing=() package as_root=()
  for package in "${slimming_packages[@]}" "$@"; do
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  echo "installing: ${missing[*]}"
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "no root and no sudo: install ${missing[*]} yourself" >&2; return 1; }
    as_root=(sudo)
  fi
  "${as_root[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}
