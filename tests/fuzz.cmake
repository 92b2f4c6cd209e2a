# fuzz/fuzz_<parser>.c: with libFuzzer in the fuzz preset; everywhere else a
# program that replays fuzz/corpus/<parser>/.

file(GLOB fuzzers CONFIGURE_DEPENDS fuzz/fuzz_*.c)
foreach(source ${fuzzers})
  get_filename_component(name ${source} NAME_WE)
  string(REGEX REPLACE "^fuzz_" "" parser ${name})
  set(corpus ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus/${parser})
  add_executable(${name} ${source})
  asynctool_link_cmd(${name} ${source})
  target_link_libraries(${name} PRIVATE asynctool-net asynctool PkgConfig::UV)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/lib)
  if(ASYNCTOOL_FUZZ)
    set(found ${CMAKE_CURRENT_BINARY_DIR}/fuzz/found/${parser})
    file(MAKE_DIRECTORY ${found})
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    asynctool_test(fuzz/${parser} one $<TARGET_FILE:${name}>
                   -max_total_time=30 -artifact_prefix=${found}- ${found}
                   ${corpus})
  else()
    target_sources(${name} PRIVATE fuzz/replay.c)
    asynctool_test(fuzz/${parser} one $<TARGET_FILE:${name}> ${corpus})
  endif()
endforeach()
