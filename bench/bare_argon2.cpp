// The yardstick of a login: passwords verified on every core, and nothing else.
//
//   bare_argon2 --seconds N
//
// Prints how many verifications a second there were. Each thread keeps its memory, as Postern's do.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "crypto/hash_memory.hpp"
#include "crypto/password.hpp"

int main(int argc, char** argv) {
  const bool has_seconds = argc == 3 && std::string_view(argv[1]) == "--seconds";
  const int seconds = has_seconds ? std::atoi(argv[2]) : 0;
  const std::string password = "a quiet green river";
  const auto hash = postern::hash_password(password);
  if (seconds < 1 || !hash) {
    std::fprintf(stderr, "usage: bare_argon2 --seconds N\n");
    return 2;
  }
  std::atomic<std::uint64_t> verified{0};
  const auto began = std::chrono::steady_clock::now();
  const auto ends = began + std::chrono::seconds(seconds);
  std::vector<std::thread> workers;
  for (unsigned i = 0; i < std::thread::hardware_concurrency(); ++i) {
    workers.emplace_back([&] {
      const postern::HashMemory memory;
      while (std::chrono::steady_clock::now() < ends) {
        if (!postern::verify_password(*hash, password)) std::abort();
        ++verified;
      }
    });
  }
  for (auto& worker : workers) worker.join();
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - began;
  std::printf("%.1f\n", static_cast<double>(verified.load()) / taken.count());
}
