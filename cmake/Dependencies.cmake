# The libraries, found with pkg-config; nothing is vendored or downloaded.

find_package(PkgConfig)
if(NOT PKG_CONFIG_FOUND)
  message(FATAL_ERROR "pkg-config is missing. On Debian: apt-get install"
                      " pkg-config (or run ./bootstrap)")
endif()

# asynctool_require(TARGET MODULE MINIMUM DEBIAN_PACKAGE)
function(asynctool_require target module minimum package)
  pkg_check_modules(${target} QUIET IMPORTED_TARGET GLOBAL
                    "${module}>=${minimum}")
  if(NOT ${target}_FOUND)
    message(FATAL_ERROR "${module} >= ${minimum} is missing. On Debian: apt-get"
                        " install ${package} (or run ./bootstrap)")
  endif()
  message(STATUS "${module} ${${target}_VERSION}")
endfunction()

asynctool_require(UV libuv 1.44 libuv1-dev)
asynctool_require(CURL libcurl 7.88 libcurl4-openssl-dev)
asynctool_require(CARES libcares 1.18 libc-ares-dev)
asynctool_require(LDNS ldns 1.8 libldns-dev)
asynctool_require(JANSSON jansson 2.13 libjansson-dev)
asynctool_require(IDN2 libidn2 2.3 libidn2-dev)
asynctool_require(CRYPTO libcrypto 3.0 libssl-dev)
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
