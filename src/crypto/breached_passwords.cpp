#include "crypto/breached_passwords.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "crypto/breached_filter.hpp"

namespace postern {
namespace {

using breached_filter::Header;

Error unusable(std::string cause) {
  return {.code = "invalid_file", .retry = Retry::kNever, .cause = std::move(cause)};
}

template <class T>
T number_at(std::span<const std::byte> bytes, std::size_t offset) {
  T number;
  std::memcpy(&number, bytes.data() + offset, sizeof number);
  return number;
}

std::size_t start_offset(std::uint64_t bucket) {
  return sizeof(Header) + bucket * sizeof(std::uint32_t);
}

std::size_t entry_offset(unsigned bucket_bits, std::uint64_t entry) {
  return start_offset((std::uint64_t{1} << bucket_bits) + 1) + entry * sizeof(std::uint16_t);
}

}  // namespace

Result<BreachedPasswords> BreachedPasswords::open(const std::string& path) {
  // Without it no password would ever be found.
  if (const auto hash = sha1_of(""); !hash) return unusable(hash.error().cause);
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return unusable(std::strerror(errno));
  struct stat status = {};
  const bool is_file = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
  const auto size = static_cast<std::size_t>(status.st_size);
  const bool fits = is_file && size >= sizeof(Header);
  void* mapped = fits ? mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor, 0) : MAP_FAILED;
  close(descriptor);
  if (mapped == MAP_FAILED) return unusable("is no file of `postern breached build`");
  // Look-ups are far apart: what lies beside one is of no use to the next.
  madvise(mapped, size, MADV_RANDOM);
  BreachedPasswords passwords(std::span(static_cast<const std::byte*>(mapped), size));
  const auto header = number_at<Header>(passwords.mapped_, 0);
  if (header.magic != breached_filter::kMagic || header.bucket_bits < breached_filter::kLeastBits ||
      header.bucket_bits > breached_filter::kMostBits ||
      header.count > size / sizeof(std::uint16_t) ||
      entry_offset(header.bucket_bits, header.count) != size) {
    return unusable("is no file of `postern breached build`, or not all of it");
  }
  passwords.bucket_bits_ = header.bucket_bits;
  passwords.size_ = header.count;
  return passwords;
}

BreachedPasswords::BreachedPasswords(BreachedPasswords&& other) noexcept
    : mapped_(std::exchange(other.mapped_, {})),
      bucket_bits_(other.bucket_bits_),
      size_(other.size_) {}

BreachedPasswords::~BreachedPasswords() {
  if (!mapped_.empty()) munmap(const_cast<std::byte*>(mapped_.data()), mapped_.size());
}

bool BreachedPasswords::contains(std::string_view password) const {
  const auto hash = sha1_of(password);
  if (!hash) return false;
  const auto place = breached_filter::place_of(*hash, bucket_bits_);
  // A damaged file may name any number.
  const std::uint64_t end = std::min<std::uint64_t>(
      number_at<std::uint32_t>(mapped_, start_offset(place.bucket + 1)), size_);
  std::uint64_t first = number_at<std::uint32_t>(mapped_, start_offset(place.bucket));
  std::uint64_t count = first < end ? end - first : 0;
  while (count > 0) {
    const std::uint64_t half = count / 2;
    const auto entry = number_at<std::uint16_t>(mapped_, entry_offset(bucket_bits_, first + half));
    if (entry == place.entry) return true;
    if (entry < place.entry) first += half + 1;
    count = entry < place.entry ? count - half - 1 : half;
  }
  return false;
}

}  // namespace postern
