# unit/test_<module>.c: one program a file, TAP on stdout. The modules that
# stand on the stack switch are tested on its second back end as well.

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

function(asynctool_unit_test name source library)
  add_executable(${name} ${source})
  asynctool_link_cmd(${name} ${source})
  target_link_libraries(${name} PRIVATE asynctool-net ${library} PkgConfig::UV)
  target_include_directories(${name} PRIVATE unit ${PROJECT_SOURCE_DIR}/lib)
  asynctool_test(unit/${name} tap $<TARGET_FILE:${name}>)
endfunction()

file(GLOB unit_tests CONFIGURE_DEPENDS unit/test_*.c)
foreach(source ${unit_tests})
  get_filename_component(name ${source} NAME_WE)
  asynctool_unit_test(${name} ${source} asynctool)
endforeach()

# The layers core and sync.
foreach(module ctx core loop op task scope timer sync)
  file(GLOB again CONFIGURE_DEPENDS unit/test_${module}*.c)
  foreach(source ${again})
    get_filename_component(name ${source} NAME_WE)
    add_executable(${name}_ucontext ${source})
    target_link_libraries(${name}_ucontext PRIVATE asynctool-ucontext)
    target_include_directories(${name}_ucontext
                               PRIVATE unit ${PROJECT_SOURCE_DIR}/lib)
    asynctool_test(unit/${name}_ucontext tap $<TARGET_FILE:${name}_ucontext>)
  endforeach()
endforeach()
