# The libraries, found with pkg-config; nothing is vendored or downloaded.

find_package(PkgConfig REQUIRED)

function(asynctool_require target module minimum package)
  pkg_check_modules(${target} IMPORTED_TARGET "${module}>=${minimum}")
  if(NOT ${target}_FOUND)
    message(
      FATAL_ERROR
        "${module} >= ${minimum} is missing. On Debian: apt-get install ${package}"
        " (./bootstrap installs everything that the build needs).")
  endif()
endfunction()

asynctool_require(UV libuv 1.44 libuv1-dev)
asynctool_require(CURL libcurl 7.88 libcurl4-openssl-dev)
asynctool_require(CARES libcares 1.18 libc-ares-dev)
asynctool_require(JANSSON jansson 2.13 libjansson-dev)
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
