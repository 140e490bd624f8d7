// Takes the place of base/crash_point.cpp in the test build: CRASH_AT=STEP ends the process with
// SIGKILL when it comes to that step, CRASH_AT=STEP:3 at the third time.
#include "base/crash_point.hpp"

#include <csignal>
#include <cstdlib>
#include <mutex>
#include <string>

namespace postern {
void crash_point(const char* step) {
  static const char* const wanted = std::getenv("CRASH_AT");
  if (wanted == nullptr) return;
  const std::string text(wanted);
  const auto colon = text.find(':');
  static std::mutex mutex;
  static int left = colon == std::string::npos ? 1 : std::atoi(text.c_str() + colon + 1);
  const std::lock_guard lock(mutex);
  if (text.substr(0, colon) == step && --left == 0) std::raise(SIGKILL);
}

}  // namespace postern
