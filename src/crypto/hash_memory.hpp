// Memory for Argon2 that a thread keeps, on huge pages where they can be had: libsodium maps and
// unmaps 19 MiB for every hash and spends half of its time on that.
//
// Thread contract: made, used and destroyed on one thread; serves that thread alone. Every other
// thread's and every other kind of mapping goes to the kernel unchanged.
// How: the program's own mmap and munmap stand before the C library's, and lend the kept memory to
// a private anonymous mapping of about that size. What comes back is wiped at once, so that nothing
// of a password outlives its hash. Under a sanitizer, or where pointers are not of 64 bits, all is
// as without it.
#pragma once

#include <cstddef>

namespace postern {

class HashMemory {
 public:
  static constexpr std::size_t kBytes = 20 * 1024 * 1024;
  /// Smaller mappings are not meant.
  static constexpr std::size_t kLeastBytes = 8 * 1024 * 1024;

  /// Takes address space only; the pages come with the first hash. Does without, if refused.
  HashMemory();
  ~HashMemory();
  HashMemory(const HashMemory&) = delete;
  HashMemory& operator=(const HashMemory&) = delete;

  /// Gives the pages back to the system until the next hash.
  void release();

  /// False where mappings cannot be lent.
  static bool is_supported();

  /// For mmap and munmap alone: memory for a mapping of `bytes`, or nothing; and whether `memory`
  /// was lent and is back now.
  void* lend(std::size_t bytes);
  bool take_back(const void* memory);

 private:
  void* mapping_ = nullptr;
  void* memory_ = nullptr;
  std::size_t lent_bytes_ = 0;
};

}  // namespace postern
