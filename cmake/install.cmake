# What `cmake --install` puts where. The units, the manual page and the completion are made when they
# are installed: the first contain the prefix, the others come from the program's own help.
include(GNUInstallDirs)

# A stripped program does not depend on the folder in which it was built.
install(CODE [[set(CMAKE_INSTALL_DO_STRIP TRUE)]])
install(TARGETS postern RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

# Only emails can be replaced (MAIL_TEMPLATES); these are the built-in ones to start from.
install(DIRECTORY templates/mail DESTINATION ${CMAKE_INSTALL_DATADIR}/postern/templates)

install(CODE "set(source [[${CMAKE_SOURCE_DIR}]])
set(made [[${CMAKE_BINARY_DIR}/installed]])
set(program [[$<TARGET_FILE:postern>]])
set(bindir [[${CMAKE_INSTALL_BINDIR}]])")
install(SCRIPT cmake/make_installed.cmake)
install(FILES ${CMAKE_BINARY_DIR}/installed/postern.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${CMAKE_BINARY_DIR}/installed/postern.bash RENAME postern
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
# systemd looks for units below /usr/lib, not in the library folder of the architecture.
install(FILES ${CMAKE_BINARY_DIR}/installed/postern.service
              ${CMAKE_BINARY_DIR}/installed/postern-app.service
              ${CMAKE_BINARY_DIR}/installed/postern-worker.service
        DESTINATION lib/systemd/system)
install(FILES packaging/systemd/postern.sysusers RENAME postern.conf DESTINATION lib/sysusers.d)
install(FILES LICENSE README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES .env.example RENAME settings.env DESTINATION ${CMAKE_INSTALL_DOCDIR})
