# The version is the project's; the commit comes from git, else from POSTERN_COMMIT (as a CMake or an
# environment variable), else it is omitted. Both are in one generated source, so that a new commit
# compiles one file.
set(commit "")
find_package(Git QUIET)
if(GIT_FOUND)
  execute_process(COMMAND ${GIT_EXECUTABLE} rev-parse --show-toplevel --git-path logs/HEAD HEAD
                  WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} OUTPUT_VARIABLE answer ERROR_QUIET
                  RESULT_VARIABLE failed OUTPUT_STRIP_TRAILING_WHITESPACE)
  string(REPLACE "\n" ";" answer "${answer}")
  list(LENGTH answer lines)
  if(NOT failed AND lines EQUAL 3)
    list(GET answer 0 top)
    # A source archive that was unpacked within another repository is not at that one's commit.
    if(top STREQUAL CMAKE_SOURCE_DIR)
      list(GET answer 2 commit)
      list(GET answer 1 head_log)
      cmake_path(ABSOLUTE_PATH head_log BASE_DIRECTORY ${CMAKE_SOURCE_DIR})
      if(EXISTS ${head_log})
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${head_log})
      endif()
    endif()
  endif()
endif()
if(NOT commit AND POSTERN_COMMIT)
  set(commit ${POSTERN_COMMIT})
elseif(NOT commit)
  set(commit "$ENV{POSTERN_COMMIT}")
endif()
# A fixed length: git abbreviates by the size of the repository, which a shallow clone does not have.
string(SUBSTRING "${commit}" 0 12 POSTERN_COMMIT_SHORT)
configure_file(${CMAKE_SOURCE_DIR}/cmake/build_version.cpp.in ${CMAKE_BINARY_DIR}/build_version.cpp
               @ONLY)
target_sources(postern_app PRIVATE ${CMAKE_BINARY_DIR}/build_version.cpp)
