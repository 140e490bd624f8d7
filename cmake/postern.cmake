# One folder of src/ is one static library and, where it has tests, one test program.

add_library(postern_options INTERFACE)
target_include_directories(postern_options INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_definitions(
  postern_options
  INTERFACE SPDLOG_COMPILED_LIB SPDLOG_FMT_EXTERNAL BOOST_ASIO_SEPARATE_COMPILATION
            BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
# A release binary depends on the commit, not on the folder in which it was built: no path in it is
# absolute, and the relative ones that ccache makes are the same. The last map that fits applies.
cmake_path(RELATIVE_PATH CMAKE_SOURCE_DIR BASE_DIRECTORY ${CMAKE_BINARY_DIR}
           OUTPUT_VARIABLE source_from_build)
target_compile_options(
  postern_options INTERFACE $<$<CONFIG:Release>:-ffile-prefix-map=${CMAKE_BINARY_DIR}=build
                                                -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=
                                                -ffile-prefix-map=${source_from_build}/=
                                                -ffile-prefix-map=${CMAKE_BINARY_DIR}/=>)
target_link_options(postern_options INTERFACE $<$<CONFIG:Release>:-Wl,--build-id=sha1>)
include(cmake/hardening.cmake)
# Plain char is unsigned on arm64 and signed on x86-64. With one signedness everywhere the tests of
# one machine hold for the other (docs/decisions/0017).
target_compile_options(postern_options INTERFACE -funsigned-char)
target_compile_options(
  postern_options INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor $<$<BOOL:${POSTERN_WERROR}>:-Werror>
                            $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
# g++ 12 at -O2 reports the first four of std::string's own code and the last one of Asio's coroutine
# frames, where there is nothing wrong.
target_compile_options(
  postern_options INTERFACE
  $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overread -Wno-stringop-overflow
                          -Wno-array-bounds -Wno-restrict -Wno-mismatched-new-delete>
  # The C++ library of GCC 12 sorts with what it calls deprecated itself, and only Clang hears of it.
  $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>)

if(POSTERN_TESTS)
  enable_testing()
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()

# The tests are most of what is compiled and little of what is run, so they are not optimised. The code
# under test is built as it is shipped.
set(POSTERN_TEST_OPTIONS -O0)

# postern_folder(NAME LINK layer-folders-and-public-libraries PRIVATE_LINK libraries)
function(postern_folder name)
  cmake_parse_arguments(ARG "" "" "LINK;PRIVATE_LINK" ${ARGN})
  set(links)
  foreach(link IN LISTS ARG_LINK)
    if(IS_DIRECTORY ${CMAKE_SOURCE_DIR}/src/${link})
      list(APPEND links postern_${link})
    else()
      list(APPEND links ${link})
    endif()
  endforeach()

  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_(pg|rmq)?test\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_(pg|rmq)?test\\.cpp$")

  if(sources)
    add_library(postern_${name} STATIC ${sources})
    target_link_libraries(postern_${name} PUBLIC postern_options ${links} PRIVATE ${ARG_PRIVATE_LINK})
    target_precompile_headers(postern_${name} REUSE_FROM precompiled)
  else()
    add_library(postern_${name} INTERFACE)
    target_link_libraries(postern_${name} INTERFACE postern_options ${links} ${ARG_PRIVATE_LINK})
  endif()

  if(POSTERN_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE postern_${name} ${ARG_PRIVATE_LINK} GTest::gmock
                                               GTest::gtest_main)
    target_include_directories(${name}_test PRIVATE ${CMAKE_SOURCE_DIR}/tests)
    target_compile_definitions(${name}_test PRIVATE POSTERN_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    target_precompile_headers(${name}_test REUSE_FROM precompiled_test)
    target_compile_options(${name}_test PRIVATE ${POSTERN_TEST_OPTIONS})
    set_target_properties(${name}_test PROPERTIES POSTERN_NOT_OPTIMISED ON)
    # A test that needs PostgreSQL or RabbitMQ is started by the runner, which starts both for it.
    set(server_tests ${tests})
    list(FILTER server_tests INCLUDE REGEX "_(pg|rmq)test\\.cpp$")
    if(server_tests)
      add_test(NAME ${name} COMMAND ${CMAKE_COMMAND} -E env POSTERN_BUILD=${CMAKE_BINARY_DIR}
               /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/run.py ${name}_test)
    else()
      add_test(NAME ${name} COMMAND ${name}_test)
    endif()
  endif()
endfunction()

# Every folder shares one precompiled header, and every test program another: each is made by a
# target with nothing but the common options, so that no folder's own definitions get into it.
function(postern_precompiled_header name)
  file(WRITE ${CMAKE_BINARY_DIR}/${name}.cpp "")
  add_library(${name} OBJECT ${CMAKE_BINARY_DIR}/${name}.cpp)
  target_link_libraries(${name} PRIVATE postern_options ${ARGN})
  target_precompile_headers(${name} PRIVATE ${CMAKE_SOURCE_DIR}/cmake/${name}.hpp)
endfunction()

postern_precompiled_header(precompiled)
if(POSTERN_TESTS)
  postern_precompiled_header(precompiled_test GTest::gmock)
  target_compile_options(precompiled_test PRIVATE ${POSTERN_TEST_OPTIONS})
  set_target_properties(precompiled_test PROPERTIES POSTERN_NOT_OPTIMISED ON)
endif()

# postern_embed(FOLDER FUNCTION DIRECTORY): compiles all files below DIRECTORY into postern_FOLDER as
#   std::span<const postern::EmbeddedFile> postern::FUNCTION();
# which the folder declares in a header of its own.
function(postern_embed name function directory)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS ${directory}/*)
  set(output ${CMAKE_BINARY_DIR}/embedded/${function}.cpp)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DFUNCTION=${function} -DDIRECTORY=${directory} -DOUTPUT=${output} -P
            ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${files} ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
    VERBATIM)
  target_sources(postern_${name} PRIVATE ${output})
endfunction()

# postern_embed_gzip(FOLDER FUNCTION PREFIX FILES): the same for the files named, compressed; their
# names begin with PREFIX. Without files the table is empty.
function(postern_embed_gzip name function prefix)
  set(output ${CMAKE_BINARY_DIR}/embedded/${function}.cpp)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DFUNCTION=${function} -DPREFIX=${prefix} "-DFILES=${ARGN}"
            -DOUTPUT=${output} -P ${CMAKE_SOURCE_DIR}/cmake/embed_gzip.cmake
    DEPENDS ${ARGN} ${CMAKE_SOURCE_DIR}/cmake/embed_gzip.cmake
    VERBATIM)
  target_sources(postern_${name} PRIVATE ${output})
endfunction()
