# Switches, warnings and hardening: everything that changes how a file compiles.

option(ASYNCTOOL_TESTS "Build the tests" ON)
option(ASYNCTOOL_WERROR "Treat warnings as errors" OFF)
option(ASYNCTOOL_FUZZ "Build the fuzzers (clang)" OFF)
option(ASYNCTOOL_UCONTEXT "Switch stacks with ucontext even where there is assembly" OFF)
set(ASYNCTOOL_SANITIZE "" CACHE STRING "Sanitizers, such as address,undefined")

add_compile_definitions(_GNU_SOURCE)
add_compile_options(
  "$<$<COMPILE_LANGUAGE:C>:-Wall;-Wextra;-Wpedantic;-Wshadow;-Wconversion;-Wsign-conversion;-Wstrict-prototypes;-Wmissing-prototypes;-Wold-style-definition;-Wpointer-arith;-Wcast-align;-Wwrite-strings;-Wundef;-Wvla;-Wformat=2;-Wimplicit-fallthrough>"
  -fno-omit-frame-pointer
  -fvisibility=hidden)
if(ASYNCTOOL_WERROR)
  add_compile_options(-Werror)
endif()

# A task's stack is 64 KiB with a guard page below: every page is touched in
# order, and no frame may be large enough to matter. Bound at start, because
# the first call through the PLT saves the vector registers on the stack.
add_compile_options(-fstack-clash-protection)
add_link_options(-Wl,-z,now -Wl,-z,relro)

if(ASYNCTOOL_SANITIZE)
  add_compile_options(-fsanitize=${ASYNCTOOL_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${ASYNCTOOL_SANITIZE})
else()
  add_compile_options(-Wframe-larger-than=8192)
endif()

if(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_options(-fstack-protector-strong -fcf-protection)
  add_compile_definitions(_FORTIFY_SOURCE=2)
endif()
