# check/*.sh: the habits of the project. `ctest -L check` runs these alone.

set(checks
    banned
    exports
    format
    generated
    headers
    includes
    install
    layout
    man
    presets
    shellcheck
    tidy)

set(exports_of $<TARGET_FILE:asynctool-shared>
               $<TARGET_FILE:asynctool-net-shared>)
foreach(check ${checks})
  asynctool_test(check/${check} one
                 ${CMAKE_CURRENT_SOURCE_DIR}/check/${check}.sh
                 ${${check}_of})
  asynctool_test_env(check/${check} "ASYNCTOOL_BUILD=${PROJECT_BINARY_DIR}"
                     "ASYNCTOOL=${PROJECT_BINARY_DIR}/cmd/asynctool")
endforeach()

# These use every processor, and take their time.
foreach(check install tidy)
  set_tests_properties(check/${check} PROPERTIES PROCESSORS 2 TIMEOUT 900)
  asynctool_test_env(check/${check} TEST_SECONDS=880)
endforeach()
