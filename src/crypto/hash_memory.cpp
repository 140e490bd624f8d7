#include "crypto/hash_memory.hpp"

#include <openssl/crypto.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define POSTERN_KEEPS_HASH_MEMORY 0
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__LP64__)
#define POSTERN_KEEPS_HASH_MEMORY 0
#endif
#ifndef POSTERN_KEEPS_HASH_MEMORY
#define POSTERN_KEEPS_HASH_MEMORY 1
#endif

namespace postern {

namespace {

constexpr std::size_t kHugePageBytes = 2 * 1024 * 1024;
constexpr std::size_t kMappingBytes = HashMemory::kBytes + kHugePageBytes;

/// Trivial, so that it may be read at any time in a thread's life.
thread_local HashMemory* memory_of_this_thread = nullptr;

}  // namespace

HashMemory::HashMemory() {
  if (!is_supported()) return;
  void* const mapping = mmap(nullptr, kMappingBytes, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping == MAP_FAILED) return;
  mapping_ = mapping;
  const auto address = reinterpret_cast<std::uintptr_t>(mapping);
  const std::uintptr_t misaligned = address % kHugePageBytes;
  const std::size_t offset = misaligned == 0 ? 0 : kHugePageBytes - misaligned;
  memory_ = static_cast<char*>(mapping) + offset;
  // Only a wish: small pages do as well, a little slower.
  (void)madvise(memory_, kBytes, MADV_HUGEPAGE);
  memory_of_this_thread = this;
}

HashMemory::~HashMemory() {
  if (!mapping_) return;
  memory_of_this_thread = nullptr;
  munmap(mapping_, kMappingBytes);
}

void HashMemory::release() {
  if (memory_ && lent_bytes_ == 0) (void)madvise(memory_, kBytes, MADV_DONTNEED);
}

bool HashMemory::is_supported() { return POSTERN_KEEPS_HASH_MEMORY != 0; }

void* HashMemory::lend(std::size_t bytes) {
  if (lent_bytes_ != 0 || bytes < kLeastBytes || bytes > kBytes) return nullptr;
  lent_bytes_ = bytes;
  return memory_;
}

bool HashMemory::take_back(const void* memory) {
  if (memory != memory_ || lent_bytes_ == 0) return false;
  OPENSSL_cleanse(memory_, lent_bytes_);
  lent_bytes_ = 0;
  return true;
}

}  // namespace postern

#if POSTERN_KEEPS_HASH_MEMORY

// libsodium is a shared library and finds these before the C library's. The C library's own
// allocator does not come by here. Only what is visible is found.

extern "C" [[gnu::visibility("default")]] void* mmap(void* address, std::size_t bytes,
                                                     int protection, int flags, int file,
                                                     off_t offset) noexcept {
  postern::HashMemory* const kept = postern::memory_of_this_thread;
  const bool is_plain = address == nullptr && file == -1 && (flags & MAP_PRIVATE) != 0 &&
                        (flags & MAP_ANONYMOUS) != 0 && protection == (PROT_READ | PROT_WRITE);
  if (kept && is_plain) {
    if (void* const lent = kept->lend(bytes)) return lent;
  }
  // NOLINTNEXTLINE: the kernel answers with an address or -1, which is MAP_FAILED.
  return reinterpret_cast<void*>(
      syscall(SYS_mmap, address, bytes, protection, flags, file, offset));
}

extern "C" [[gnu::visibility("default")]] int munmap(void* address, std::size_t bytes) noexcept {
  postern::HashMemory* const kept = postern::memory_of_this_thread;
  if (kept && kept->take_back(address)) return 0;
  return static_cast<int>(syscall(SYS_munmap, address, bytes));
}

#endif
