# Switches, warnings and hardening: everything that changes how a file compiles.

include(CheckCCompilerFlag)
include(CheckPIESupported)

option(ASYNCTOOL_TESTS "Build the tests" ON)
option(ASYNCTOOL_HELPERS "Build the tests' loopback servers" ON)
option(ASYNCTOOL_WERROR "Treat warnings as errors" OFF)
option(ASYNCTOOL_FUZZ "Build the fuzzers with libFuzzer (clang)" OFF)
option(ASYNCTOOL_UCONTEXT
       "Switch stacks with ucontext even where there is assembly" OFF)
set(ASYNCTOOL_SANITIZE "" CACHE STRING "Sanitizers, such as address,undefined")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release, ..." FORCE)
endif()

check_pie_supported(LANGUAGES C)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

add_compile_definitions(_GNU_SOURCE)
if(ASYNCTOOL_UCONTEXT)
  add_compile_definitions(ASY_CTX_UCONTEXT=1)
endif()
add_compile_options(
  -Wall
  -Wextra
  -Wpedantic
  -Wshadow
  -Wconversion
  -Wsign-conversion
  -Wstrict-prototypes
  -Wmissing-prototypes
  -Wold-style-definition
  -Wpointer-arith
  -Wcast-align
  -Wwrite-strings
  -Wundef
  -Wvla
  -Wformat=2
  -Wimplicit-fallthrough
  -fno-omit-frame-pointer)
if(ASYNCTOOL_WERROR)
  add_compile_options(-Werror)
endif()

# A task's stack is 64 KiB with a guard page below: every page is touched in
# order, and no frame may be large enough to matter. Bound at start, because
# the first call through the PLT saves the vector registers on the stack.
add_compile_options(-fstack-clash-protection)
if(NOT APPLE)
  add_link_options(-Wl,-z,now -Wl,-z,relro)
endif()

if(ASYNCTOOL_SANITIZE)
  add_compile_options(-fsanitize=${ASYNCTOOL_SANITIZE}
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${ASYNCTOOL_SANITIZE})
else()
  add_compile_options(-Wframe-larger-than=8192)
endif()
if(ASYNCTOOL_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

if(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_options(-fstack-protector-strong)
  check_c_compiler_flag(-fcf-protection ASYNCTOOL_CF_PROTECTION)
  if(ASYNCTOOL_CF_PROTECTION)
    add_compile_options(-fcf-protection)
  endif()
  if(NOT ASYNCTOOL_SANITIZE)
    add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
  endif()
endif()
