#include "crypto/breached_filter.hpp"

#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <limits>

namespace postern {

// The numbers of the file are read where they are mapped.
static_assert(std::endian::native == std::endian::little);

namespace {

constexpr std::uint64_t kEntriesInBucket = 64;

Error unwritable() { return {.code = "invalid_file", .cause = std::strerror(errno)}; }

template <class T>
bool write(std::FILE* file, const T* values, std::size_t count) {
  return std::fwrite(values, sizeof(T), count, file) == count;
}

}  // namespace

Result<Sha1> sha1_of(std::string_view text) {
  Sha1 hash;
  if (EVP_Digest(text.data(), text.size(), hash.data(), nullptr, EVP_sha1(), nullptr) != 1) {
    return Error{.code = "unsupported", .cause = "OpenSSL refuses SHA-1"};
  }
  return hash;
}

namespace breached_filter {

BreachedPlace place_of(const Sha1& hash, unsigned bucket_bits) {
  std::uint64_t first = 0;
  for (std::size_t i = 0; i < sizeof first; ++i) first = first << 8 | hash[i];
  return {static_cast<std::uint32_t>(first >> (64 - bucket_bits)),
          static_cast<std::uint16_t>(first << bucket_bits >> 48)};
}

unsigned bits_for(std::uint64_t hashes) {
  const auto bits = static_cast<unsigned>(std::bit_width(hashes / kEntriesInBucket));
  return std::clamp(bits, kLeastBits, kMostBits);
}

}  // namespace breached_filter

Result<BreachedFilterWriter> BreachedFilterWriter::create(const std::string& path,
                                                          std::uint64_t hashes) {
  File file(std::fopen(path.c_str(), "wbe"));
  if (!file) return unwritable();
  BreachedFilterWriter writer(std::move(file), breached_filter::bits_for(hashes));
  // Header and starts are written at the end, when they are known.
  const auto first_entry =
      sizeof(breached_filter::Header) + writer.starts_.size() * sizeof(writer.starts_.front());
  if (std::fseek(writer.file_.get(), static_cast<long>(first_entry), SEEK_SET) != 0) {
    return unwritable();
  }
  return writer;
}

BreachedFilterWriter::BreachedFilterWriter(File file, unsigned bucket_bits)
    : file_(std::move(file)),
      bucket_bits_(bucket_bits),
      starts_((std::size_t{1} << bucket_bits) + 1, 0) {}

Status BreachedFilterWriter::add(const Sha1& hash) {
  if (count_ > 0 && hash == last_) return {};
  if (count_ > 0 && hash < last_) return Error{.code = "unsorted"};
  if (count_ == std::numeric_limits<std::uint32_t>::max()) {
    return Error{.code = "invalid_file", .cause = "more than 4294967295 hashes"};
  }
  const auto place = breached_filter::place_of(hash, bucket_bits_);
  if (!write(file_.get(), &place.entry, 1)) return unwritable();
  last_ = hash;
  // First the sizes; finish() adds them up.
  ++starts_[place.bucket + 1];
  ++count_;
  return {};
}

Status BreachedFilterWriter::finish() {
  for (std::size_t i = 1; i < starts_.size(); ++i) starts_[i] += starts_[i - 1];
  const breached_filter::Header header{breached_filter::kMagic, bucket_bits_, 0, count_};
  std::FILE* file = file_.get();
  if (std::fseek(file, 0, SEEK_SET) != 0 || !write(file, &header, 1) ||
      !write(file, starts_.data(), starts_.size()) || std::fflush(file) != 0 ||
      fsync(fileno(file)) != 0) {
    return unwritable();
  }
  return {};
}

}  // namespace postern
