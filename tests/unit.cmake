# unit/test_<module>.c: one program a file, TAP on stdout. What runs tasks is
# tested on the second back end of the stack switch as well, but under
# ThreadSanitizer, which does not follow siglongjmp to another stack. What asks
# for sanitizers is tested without them as well, and what starts processes also
# with the portable way to do so.

# Only the tests that include a header of cmd/ wait for cmd/ to compile.
function(asynctool_link_cmd target source)
  file(GLOB headers RELATIVE ${PROJECT_SOURCE_DIR}/cmd CONFIGURE_DEPENDS
       ${PROJECT_SOURCE_DIR}/cmd/*.h ${PROJECT_SOURCE_DIR}/cmd/*/*.h)
  file(STRINGS ${source} includes REGEX "^#include \"")
  foreach(header ${headers})
    if(includes MATCHES "\"${header}\"")
      target_link_libraries(${target} PRIVATE asynctool-cmd)
      return()
    endif()
  endforeach()
endfunction()

# Only the tests that fail allocations pay for it.
function(asynctool_wrap_alloc target source)
  file(STRINGS ${source} wraps REGEX "^#include \"failing_alloc.h\"")
  if(wraps)
    target_link_options(${target} PRIVATE "LINKER:--wrap=malloc"
                        "LINKER:--wrap=calloc" "LINKER:--wrap=realloc")
  endif()
endfunction()

# Only the tests that compare with ldns see its headers.
function(asynctool_link_ldns target source)
  file(STRINGS ${source} compares REGEX "^#include \"dns_sample.h\"")
  if(compares)
    target_link_libraries(${target} PRIVATE PkgConfig::LDNS)
  endif()
endfunction()

function(asynctool_unit_test name source)
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE ${ARGN} PkgConfig::UV)
  target_include_directories(${name} PRIVATE unit ${PROJECT_SOURCE_DIR}/lib)
  asynctool_wrap_alloc(${name} ${source})
  asynctool_link_ldns(${name} ${source})
  asynctool_test(unit/${name} tap $<TARGET_FILE:${name}>)
endfunction()

file(GLOB unit_tests CONFIGURE_DEPENDS unit/test_*.c)
foreach(source ${unit_tests})
  get_filename_component(name ${source} NAME_WE)
  asynctool_unit_test(${name} ${source} asynctool-net asynctool)
  asynctool_link_cmd(${name} ${source})

  file(STRINGS ${source} runs_tasks
       REGEX "\"(async/loop|core/.*|sim|op_once|inject)[.]h\"")
  file(STRINGS ${source} uses_net REGEX "\"async/(http|dns)[.]h\"")
  file(STRINGS ${source} starts_processes REGEX "\"proc_world[.]h\"")
  file(STRINGS ${source} knows_sanitizers REGEX "ASY_[AT]SAN")
  get_target_property(links ${name} LINK_LIBRARIES)
  if(uses_net OR "asynctool-cmd" IN_LIST links)
    continue()
  endif()
  if(runs_tasks AND NOT ASYNCTOOL_SANITIZE MATCHES "thread")
    asynctool_unit_test(${name}_ucontext ${source} asynctool-ucontext)
  endif()
  if(starts_processes)
    asynctool_unit_test(${name}_portable ${source} asynctool-portable)
  endif()
  if(knows_sanitizers AND ASYNCTOOL_SANITIZE)
    asynctool_unit_test(${name}_plain ${source} asynctool-plain)
  endif()
endforeach()
