# Runs within `cmake --install`: writes the files into the build folder that depend on the prefix and
# on the built program.
set(BINDIR ${CMAKE_INSTALL_PREFIX}/${bindir})
# Settings are per machine, not per prefix: a program in /usr/local has them in /etc as well.
set(CONFDIR /etc/postern)
file(READ ${source}/packaging/systemd/common.conf COMMON)
string(CONFIGURE "${COMMON}" COMMON @ONLY)
string(STRIP "${COMMON}" COMMON)
foreach(unit postern postern-app postern-worker)
  configure_file(${source}/packaging/systemd/${unit}.service.in ${made}/${unit}.service @ONLY)
endforeach()
find_program(python python3 REQUIRED)
foreach(form man bash)
  if(form STREQUAL man)
    set(output ${made}/postern.1)
  else()
    set(output ${made}/postern.bash)
  endif()
  execute_process(COMMAND ${python} ${source}/packaging/command_reference.py ${form} ${program}
                  OUTPUT_FILE ${output} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
