#!/usr/bin/env bash
# What Rote needs from the system, for quickstart.sh and tests/run.sh: `. jobs/install.sh; need PACKAGE...`
# Installs what is missing with apt-get, as root or through sudo; elsewhere it names the packages and stops.

BUILD_PACKAGES=(gcc libc6-dev make cmake pkg-config git openmpi-bin libopenmpi-dev libhdf5-dev libopenblas-dev
  libscalapack-openmpi-dev  libyaml-dev libcjson-dev libssl-dev zlib1g-dev libjpeg62-turbo-dev libpng-dev librandom123-dev)
# slurm-wlm and munge: the batch scripts are tested under a private Slurm. mandoc checks the manual pages; pandas and R
# read the tables of rote export.
TEST_PACKAGES=(libcmocka-dev hdf5-tools python3-h5py netcdf-bin slurm-wlm munge mandoc python3-pandas r-base-core)

is_installed() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

need() {
  local missing=() package
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    if command -v cmake >/dev/null && command -v mpicc >/dev/null; then
      return # another system, with its own packages or modules loaded: let CMake look
    fi
    cat >&2 <<EOF
This is not a Debian system. Rote needs a C compiler, CMake, pkg-config, Open MPI 4, HDF5 1.10 or later with its
high-level library, OpenBLAS, ScaLAPACK, libyaml, cJSON, OpenSSL, zlib, libjpeg-turbo, libpng and Random123. On a cluster they are usually modules:
  module load gcc cmake openmpi hdf5 openblas scalapack
(libyaml, cjson and random123 are often named libyaml, cjson and random123, or come with Spack under these names.)
Load them and call this again.
EOF
    exit 1
  fi
  for package in "$@"; do
    is_installed "$package" || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  local as=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null || ! sudo -n true 2>/dev/null; then
      echo "These packages are missing, and neither root nor password-less sudo is at hand to install them:" >&2
      echo "  apt-get install ${missing[*]}" >&2
      echo "On a cluster the usual modules are: gcc cmake openmpi hdf5 openblas scalapack libyaml cjson openssl zlib libjpeg-turbo libpng random123" >&2
      exit 1
    fi
    as=(sudo)
  fi
  echo "Installing: ${missing[*]}" >&2
  "${as[@]}" apt-get -qq update >&2
  "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${missing[@]}" \
    >/dev/null
}

# Configure and build one preset; quick when nothing has changed.
build() {
  local preset=$1 directory=$2
  [ -f "$directory/CMakeCache.txt" ] || cmake --preset "$preset" "${@:3}" >/dev/null
  cmake --build "$directory" --parallel "$(nproc)" >/dev/null
}

# Ranks for this machine: one worker a core, and the coordinator, which sleeps.
launch() {
  if [ "$(id -u)" -eq 0 ]; then
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
  fi
  mpirun -n "$(($(nproc) + 1))" --oversubscribe --bind-to none "$@"
}
