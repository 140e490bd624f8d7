#include "store_sql/postgres_parameters.hpp"

namespace postern {
namespace {

// Type numbers of the system catalogue (pg_type.dat), the same on every server.
constexpr std::uint32_t kTextType = 25;
constexpr std::uint32_t kBigintType = 20;

constexpr std::size_t kHeaderBytes = 20;
/// More than most of our texts need; longer ones grow the buffer.
constexpr std::size_t kElementBytes = 48;

template <class Unsigned>
void append_big_endian(std::string& bytes, Unsigned number) {
  for (int shift = static_cast<int>(sizeof(number)) * 8 - 8; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>(number >> shift));
  }
}

}  // namespace

PostgresArray::PostgresArray(std::uint32_t element_type, std::size_t size) {
  bytes_.reserve(kHeaderBytes + size * kElementBytes);
  append_big_endian<std::uint32_t>(bytes_, size == 0 ? 0 : 1);
  append_big_endian<std::uint32_t>(bytes_, 0);
  append_big_endian(bytes_, element_type);
  if (size == 0) return;
  append_big_endian(bytes_, static_cast<std::uint32_t>(size));
  append_big_endian<std::uint32_t>(bytes_, 1);
}

PostgresArray PostgresArray::of_text(std::size_t size) { return PostgresArray(kTextType, size); }

PostgresArray PostgresArray::of_bigint(std::size_t size) {
  return PostgresArray(kBigintType, size);
}

void PostgresArray::add(std::string_view text) {
  append_big_endian(bytes_, static_cast<std::uint32_t>(text.size()));
  bytes_.append(text);
}

void PostgresArray::add(std::int64_t number) {
  append_big_endian<std::uint32_t>(bytes_, sizeof(number));
  append_big_endian(bytes_, static_cast<std::uint64_t>(number));
}

void PostgresParameters::add(std::string_view text) {
  storable_ = storable_ && is_storable(text);
  values_.emplace_back(text);
}

void PostgresParameters::add(std::int64_t number) {
  std::string bytes;
  append_big_endian(bytes, static_cast<std::uint64_t>(number));
  values_.push_back(std::move(bytes));
}

}  // namespace postern
