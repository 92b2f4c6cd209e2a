# What `cmake --install` installs: the binary with its manual pages and
# completions, and the two libraries for pkg-config and find_package.

include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/asynctool)

if(TARGET asynctool-bin)
  install(TARGETS asynctool-bin COMPONENT tools)
endif()

# From where a .pc file is to the prefix, so that both may move.
file(RELATIVE_PATH pc_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" pc_prefix ${pc_prefix})

# One export set a library: finding asynctool does not need libcurl.
foreach(library asynctool asynctool-net)
  install(TARGETS ${library} ${library}-shared EXPORT ${library}-targets
          COMPONENT libraries)
  install(EXPORT ${library}-targets NAMESPACE asynctool::
          DESTINATION ${package_dir} COMPONENT libraries)
  configure_file(cmake/${library}.pc.in ${library}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${library}.pc
          DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT libraries)
endforeach()
install(DIRECTORY lib/include/async DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        COMPONENT libraries FILES_MATCHING PATTERN "*.h")

configure_package_config_file(cmake/asynctoolConfig.cmake.in
                              asynctoolConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(asynctoolConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/asynctoolConfig.cmake
              ${PROJECT_BINARY_DIR}/asynctoolConfigVersion.cmake
        DESTINATION ${package_dir} COMPONENT libraries)

foreach(section 1 3 5 7)
  file(GLOB pages CONFIGURE_DEPENDS man/*.${section})
  install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section}
          COMPONENT tools)
endforeach()

function(asynctool_install_completion file destination name)
  if(EXISTS ${PROJECT_SOURCE_DIR}/completions/${file})
    install(FILES completions/${file} DESTINATION
            ${CMAKE_INSTALL_DATADIR}/${destination} RENAME ${name}
            COMPONENT tools)
  endif()
endfunction()
asynctool_install_completion(asynctool.bash bash-completion/completions
                             asynctool)
asynctool_install_completion(_asynctool zsh/site-functions _asynctool)
asynctool_install_completion(asynctool.fish fish/vendor_completions.d
                             asynctool.fish)
