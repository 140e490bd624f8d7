#include <malloc.h>
#include <sys/resource.h>

#include "app/command_line.hpp"

int main(int argc, char** argv) {
  // A core file would hold keys and passwords.
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  // Few threads allocate much: more arenas would only keep memory.
  mallopt(M_ARENA_MAX, 2);
  return postern::run_command_line(argc, argv);
}
