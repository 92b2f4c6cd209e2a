# examples/*.c: programs on the library, each checked by its exit status and,
# where there is an examples/<name>.expected, by what it prints.

file(GLOB examples CONFIGURE_DEPENDS examples/*.c)
foreach(source ${examples})
  get_filename_component(name ${source} NAME_WE)
  add_executable(example_${name} ${source})
  set_target_properties(
    example_${name}
    PROPERTIES OUTPUT_NAME ${name}
               RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/examples)
  target_link_libraries(example_${name} PRIVATE asynctool-net asynctool)
  asynctool_test(
    examples/${name} one ${CMAKE_CURRENT_SOURCE_DIR}/example.sh
    $<TARGET_FILE:example_${name}>
    ${CMAKE_CURRENT_SOURCE_DIR}/examples/${name}.expected)
endforeach()
