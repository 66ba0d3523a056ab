# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/slimming" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(TARGETS ${SLIMMING_TARGETS} EXPORT slimming-targets)
install(EXPORT slimming-targets NAMESPACE slimming:: DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/slimming")
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/slimming-config.cmake.in"
  "${PROJECT_BINARY_DIR}/slimming-config.cmake" INSTALL_DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/slimming")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/slimming-config-version.cmake"
  COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES "${PROJECT_BINARY_DIR}/slimming-config.cmake" "${PROJECT_BINARY_DIR}/slimming-config-version.cmake"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/slimming")
