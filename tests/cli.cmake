# cli/*.bats: what a user sees, one ctest test a file.

find_program(BATS bats)
file(GLOB cli_tests CONFIGURE_DEPENDS cli/*.bats)
foreach(source ${cli_tests})
  get_filename_component(name ${source} NAME_WE)
  if(NOT BATS)
    message(FATAL_ERROR "bats is missing: ./bootstrap test installs it, "
                        "-DASYNCTOOL_TESTS=OFF goes without")
  endif()
  asynctool_test(cli/${name} tap ${BATS} --formatter tap ${source})
  asynctool_test_env(
    cli/${name}
    "ASYNCTOOL=${PROJECT_BINARY_DIR}/cmd/asynctool"
    "ORIGIN=${CMAKE_CURRENT_BINARY_DIR}/helpers/origin/origin"
    "RESPONDER_PROGRAM=${CMAKE_CURRENT_BINARY_DIR}/helpers/responder/responder"
    "ASYNCTOOL_SOURCE=${PROJECT_SOURCE_DIR}"
    "ASYNCTOOL_BUILD=${PROJECT_BINARY_DIR}"
    "BATS_TEST_TIMEOUT=60")
  set_property(
    TEST cli/${name}
    PROPERTY ENVIRONMENT_MODIFICATION
             "http_proxy=unset:"
             "all_proxy=unset:"
             "ALL_PROXY=unset:"
             "PATH=path_list_append:/usr/sbin"
             "PATH=path_list_prepend:${CMAKE_CURRENT_SOURCE_DIR}/helpers"
             "PATH=path_list_prepend:${PROJECT_BINARY_DIR}/cmd")
endforeach()
