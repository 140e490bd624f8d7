#include "admin/breached_import.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "crypto/breached_filter.hpp"
#include "text/ascii.hpp"

namespace postern {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHashDigits = 2 * sizeof(Sha1);
constexpr std::size_t kRangeDigits = 5;
/// Of a line with a count, on average; the filter's size in memory follows from it, no more.
constexpr std::uint64_t kLineBytes = 45;
/// For the standard input, whose size is not known.
constexpr std::uint64_t kManyHashes = 1'000'000'000;

/// A part of the list, and the digits that each of its lines begins with but does not show.
struct Part {
  fs::path path;
  std::string prefix = {};
};

struct Entry {
  Sha1 hash = {};
  std::uint64_t count = 1;
};

Error invalid(const std::string& name, const std::string& fault) {
  return {.code = "invalid_file", .retry = Retry::kNever, .text = name + ": " + fault};
}

bool is_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return ascii::hex_value(c) >= 0; });
}

/// The files of a list, in the order of their hashes.
std::vector<Part> parts_of(const std::string& list) {
  std::error_code failed;
  if (!fs::is_directory(list, failed)) return {{list}};
  std::vector<Part> parts;
  for (const auto& file : fs::directory_iterator(list, failed)) {
    auto prefix = ascii::to_lower(file.path().stem().string());
    if (prefix.size() == kRangeDigits && is_hex(prefix)) {
      parts.push_back({file.path(), std::move(prefix)});
    }
  }
  std::ranges::sort(parts, {}, &Part::prefix);
  return parts;
}

std::uint64_t estimate(const std::vector<Part>& parts) {
  std::uint64_t bytes = 0;
  for (const auto& part : parts) {
    std::error_code failed;
    const auto size = fs::file_size(part.path, failed);
    if (failed) return kManyHashes;
    bytes += size;
  }
  return bytes / kLineBytes;
}

std::optional<Entry> read_line(std::string_view prefix, std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  const auto colon = line.find(':');
  const auto digits = std::string(prefix).append(line.substr(0, colon));
  if (digits.size() != kHashDigits || !is_hex(digits)) return std::nullopt;
  Entry entry;
  for (std::size_t i = 0; i < entry.hash.size(); ++i) {
    entry.hash[i] = static_cast<unsigned char>(ascii::hex_value(digits[2 * i]) << 4 |
                                               ascii::hex_value(digits[2 * i + 1]));
  }
  if (colon == std::string_view::npos) return entry;
  const auto count = line.substr(colon + 1);
  const auto [end, fault] = std::from_chars(count.data(), count.data() + count.size(), entry.count);
  if (fault != std::errc() || end != count.data() + count.size()) return std::nullopt;
  return entry;
}

Status add_part(std::istream& in, const Part& part, std::uint64_t least_count,
                BreachedFilterWriter& writer) {
  const auto name = part.path.string();
  std::uint64_t number = 0;
  const auto at_line = [&](const char* fault) {
    return invalid(name, "line " + std::to_string(number) + " " + fault);
  };
  for (std::string line; std::getline(in, line);) {
    ++number;
    const auto entry = read_line(part.prefix, line);
    if (!entry) return at_line("is no SHA-1 with a count");
    if (entry->count < std::max<std::uint64_t>(least_count, 1)) continue;
    const auto added = writer.add(entry->hash);
    if (added) continue;
    if (added.error().code == "unsorted") {
      return at_line("is not in order: the list must be sorted by hash");
    }
    return invalid("the filter", added.error().cause);
  }
  if (in.bad()) return invalid(name, "cannot be read");
  return {};
}

Status add_parts(const std::vector<Part>& parts, std::uint64_t least_count,
                 BreachedFilterWriter& writer) {
  for (const auto& part : parts) {
    std::ifstream file;
    const bool is_input = part.path == "-";
    if (!is_input) file.open(part.path, std::ios::binary);
    if (!is_input && !file) return invalid(part.path.string(), "cannot be read");
    auto added = add_part(is_input ? std::cin : file, part, least_count, writer);
    if (!added) return added;
  }
  return {};
}

}  // namespace

Result<std::uint64_t> build_breached_filter(const BreachedBuild& build) {
  const auto parts = parts_of(build.list);
  const std::string unfinished = build.filter + ".new";
  auto writer = BreachedFilterWriter::create(unfinished, estimate(parts));
  if (!writer) return invalid(unfinished, writer.error().cause);
  const struct Cleanup {
    const std::string& file;
    ~Cleanup() {
      std::error_code gone;
      fs::remove(file, gone);
    }
  } cleanup{unfinished};
  if (auto added = add_parts(parts, build.least_count, *writer); !added) return added.error();
  if (writer->size() == 0) return invalid(build.list, "has no hash");
  if (const auto done = writer->finish(); !done) return invalid(unfinished, done.error().cause);
  std::error_code failed;
  fs::rename(unfinished, build.filter, failed);
  if (failed) return invalid(build.filter, failed.message());
  return writer->size();
}

}  // namespace postern
