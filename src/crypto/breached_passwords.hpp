// Passwords that were published after a break-in elsewhere: attackers try them first.
//
// A small list is compiled in. A filter, which `postern breached build` makes from a public list of
// hundreds of millions of hashes, is mapped into memory and read page by page; nothing of a
// password leaves the process. The filter holds parts of hashes: of a thousand passwords that were
// never published it refuses about one more.
//
// Thread contract: const members from any thread. Replace a filter by renaming another file to its
// name, never by writing into it: the process that mapped it ends when the file becomes shorter.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace postern {

/// Whether a password is in the list that is compiled in, whatever its case and separators.
/// `reduced`: without them.
bool is_known_breached(std::u32string_view reduced);

/// The list, reduced and in the order of its bytes.
std::span<const std::string_view> known_breached_passwords();

class BreachedPasswords {
 public:
  /// Error: invalid_file with the cause when it is not there, or no filter.
  static Result<BreachedPasswords> open(const std::string& path);
  ~BreachedPasswords();
  BreachedPasswords(BreachedPasswords&& other) noexcept;
  BreachedPasswords& operator=(BreachedPasswords&&) = delete;
  BreachedPasswords(const BreachedPasswords&) = delete;
  BreachedPasswords& operator=(const BreachedPasswords&) = delete;

  bool contains(std::string_view password) const;
  /// Hashes in the filter.
  std::uint64_t size() const { return size_; }

 private:
  explicit BreachedPasswords(std::span<const std::byte> mapped) : mapped_(mapped) {}

  /// The whole file.
  std::span<const std::byte> mapped_;
  unsigned bucket_bits_ = 0;
  std::uint64_t size_ = 0;
};

}  // namespace postern
