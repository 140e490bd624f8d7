# What the compiler and the linker do against faults that slip through; tests/e2e/hardening_test.py
# looks for each of them in the release binary. Sanitizer builds find such faults themselves.
target_compile_options(
  postern_options
  INTERFACE
    -fvisibility=hidden
    -fvisibility-inlines-hidden
    # Explicit, since CMake's own way gives libraries another option than the programs have that share
    # their precompiled header.
    -fPIE
    $<$<CONFIG:Release>:-fstack-protector-strong
                        -fstack-clash-protection
                        # A variable without a value is zero, not what the stack held.
                        -ftrivial-auto-var-init=zero>)
# The checked functions of the C library need an optimiser, and the tests do without.
target_compile_options(
  postern_options
  INTERFACE
    $<$<AND:$<CONFIG:Release>,$<NOT:$<BOOL:$<TARGET_PROPERTY:POSTERN_NOT_OPTIMISED>>>>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=3>)
# Indirect branches land on marked places, and returns where they were called from (x86-64).
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  target_compile_options(postern_options INTERFACE $<$<CONFIG:Release>:-fcf-protection>)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  target_compile_options(postern_options INTERFACE $<$<CONFIG:Release>:-mbranch-protection=standard>)
endif()
# Imports are resolved at the start and then read-only; no page is writable and executable.
target_link_options(postern_options INTERFACE
                    -pie $<$<CONFIG:Release>:-Wl,-z,relro,-z,now,-z,noexecstack>)
