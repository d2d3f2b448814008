# Every foreign library becomes one imported target, linked by the one directory that may use it. What is missing is
# said at once, and not library by library.
set(ROTE_MISSING "")

# rote_need(FOUND name Debian Spack conda use): a line of what is missing, unless ${FOUND} is true.
function(rote_need found name debian spack conda use)
  if(NOT ${found})
    set(line "\n  ${name}, for ${use}\n    Debian ${debian}; Spack ${spack}; conda ${conda}")
    set(ROTE_MISSING "${ROTE_MISSING}${line}" PARENT_SCOPE)
  endif()
endfunction()

# rote_need_module(PREFIX pkg-config-module name Debian Spack conda use): the target PkgConfig::PREFIX.
macro(rote_need_module prefix module)
  pkg_check_modules(${prefix} QUIET IMPORTED_TARGET ${module})
  rote_need(${prefix}_FOUND ${ARGN})
endmacro()

find_package(PkgConfig QUIET)
rote_need(PKG_CONFIG_EXECUTABLE "pkg-config" pkg-config pkgconf pkg-config "finding the libraries; those named below may be there, unseen")
find_package(Threads REQUIRED)
rote_need_module(YAML yaml-0.1 "libyaml" libyaml-dev libyaml yaml "study files")
rote_need_module(CRYPTO libcrypto "OpenSSL's libcrypto" libssl-dev openssl openssl "checksums")
rote_need_module(ZLIB zlib "zlib" zlib1g-dev zlib zlib "compressed IDX files")
rote_need_module(JPEG libjpeg "libjpeg-turbo" libjpeg62-turbo-dev libjpeg-turbo libjpeg-turbo "JPEG images")
rote_need_module(PNG libpng "libpng" libpng-dev libpng libpng "PNG images")
rote_need_module(OPENBLAS openblas "OpenBLAS" libopenblas-dev openblas openblas "linear algebra in double")
# One package name a kind of MPI on Debian, one for all elsewhere.
pkg_search_module(SCALAPACK QUIET IMPORTED_TARGET scalapack-openmpi scalapack)
rote_need(SCALAPACK_FOUND "ScaLAPACK" libscalapack-openmpi-dev netlib-scalapack scalapack "matrices too large for one rank")
rote_need_module(CJSON libcjson "cJSON" libcjson-dev cjson cjson "--json and progress.json")

# Serial HDF5: one writer, whole files (parallel HDF5 is not used).
set(HDF5_PREFER_PARALLEL OFF)
find_package(HDF5 QUIET COMPONENTS C HL)
rote_need(HDF5_FOUND "HDF5 with its high-level library" libhdf5-dev "hdf5 +hl" hdf5 "all files of numbers")
find_package(MPI QUIET COMPONENTS C)
rote_need(MPI_C_FOUND "Open MPI" "libopenmpi-dev openmpi-bin" openmpi openmpi "ranks")
find_path(RANDOM123_INCLUDE_DIR Random123/philox.h)
rote_need(RANDOM123_INCLUDE_DIR "Random123" librandom123-dev random123
  "has none: unpack its sources and say -DRANDOM123_INCLUDE_DIR" "random numbers (headers only)")

# Tests need more; where they are not asked for they are built if that is there.
if(ROTE_TESTS)
  pkg_check_modules(CMOCKA QUIET IMPORTED_TARGET cmocka)
  if(NOT ROTE_TESTS STREQUAL "AUTO")
    rote_need(CMOCKA_FOUND "cmocka" libcmocka-dev cmocka cmocka "the tests (not needed with -DROTE_TESTS=OFF)")
  elseif(NOT CMOCKA_FOUND)
    message(STATUS "cmocka is not there: the tests are not built")
    set(ROTE_TESTS OFF)
  endif()
endif()

if(ROTE_MISSING)
  message(FATAL_ERROR "Rote cannot be built, this is missing:${ROTE_MISSING}\n"
    "Install these packages or load the modules of your cluster that have them (CMAKE_PREFIX_PATH and PKG_CONFIG_PATH "
    "say where else to look).")
endif()

add_library(rote_hdf5 INTERFACE)
target_include_directories(rote_hdf5 SYSTEM INTERFACE ${HDF5_C_INCLUDE_DIRS})
target_compile_definitions(rote_hdf5 INTERFACE ${HDF5_C_DEFINITIONS})
target_link_libraries(rote_hdf5 INTERFACE ${HDF5_C_HL_LIBRARIES} ${HDF5_C_LIBRARIES})
