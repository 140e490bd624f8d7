// The file of BreachedPasswords, and how it is written from a sorted list of hashes.
//
//   header   magic · bucket bits b (u32) · 0 (u32) · number of hashes n (u64)
//   starts   2^b + 1 numbers (u32): where each bucket begins among the entries; the last one is n
//   entries  n numbers (u16), ascending within a bucket
//
// The first b bits of a password's SHA-1 choose its bucket and the next 16 bits are its entry: two
// bytes a hash, and two pages read for a look-up. All numbers are little-endian.
//
// Thread contract: a writer belongs to one thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace postern {

using Sha1 = std::array<unsigned char, 20>;

/// Nothing when OpenSSL refuses SHA-1.
Result<Sha1> sha1_of(std::string_view text);

struct BreachedPlace {
  std::uint32_t bucket = 0;
  std::uint16_t entry = 0;
};

namespace breached_filter {

struct Header {
  std::array<char, 8> magic;
  std::uint32_t bucket_bits;
  std::uint32_t zero;
  std::uint64_t count;
};
inline constexpr std::array<char, 8> kMagic{'P', 'S', 'T', 'N', 'B', 'P', 'F', '1'};
inline constexpr unsigned kLeastBits = 8;
inline constexpr unsigned kMostBits = 24;

BreachedPlace place_of(const Sha1& hash, unsigned bucket_bits);
/// So many bits that a bucket holds about 64 entries.
unsigned bits_for(std::uint64_t hashes);

}  // namespace breached_filter

class BreachedFilterWriter {
 public:
  /// `hashes`: an estimate. Error: invalid_file with the cause.
  static Result<BreachedFilterWriter> create(const std::string& path, std::uint64_t hashes);

  /// In ascending order; an equal one is not written again. Error: unsorted.
  Status add(const Sha1& hash);
  /// Completes the file, and syncs it to the disk. Error: invalid_file with the cause.
  Status finish();
  std::uint64_t size() const { return count_; }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  using File = std::unique_ptr<std::FILE, Close>;

  BreachedFilterWriter(File file, unsigned bucket_bits);

  File file_;
  unsigned bucket_bits_;
  std::vector<std::uint32_t> starts_;
  std::uint64_t count_ = 0;
  Sha1 last_ = {};
};

}  // namespace postern
