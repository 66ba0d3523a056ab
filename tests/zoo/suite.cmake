# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
include("${CMAKE_CURRENT_LIST_DIR}/library.cmake")
if(TARGET test_zoo)
  target_link_libraries(test_zoo PRIVATE slimming_zoo)
endif()
