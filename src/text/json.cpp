// One pass of Boost.JSON's push parser, with a handler of our own between it and the value that is
// built: it refuses what RFC 8259 leaves open.
//
// Boost.JSON keeps the last of repeated keys and drops the others. So keys are counted as they are
// read, and members in what was built; when the two differ, a key was repeated somewhere.
#include "text/json.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_stack.hpp>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <new>
#include <string>

#include "base/limits.hpp"
#include "text/ascii.hpp"

namespace postern {
namespace {

namespace json = boost::json;
using json::error_code;

/// Enough for the values of a common request, without an allocation.
constexpr std::size_t kScratchBytes = 1024;

Error refused(std::string detail) {
  return {.code = "invalid_json", .retry = Retry::kNever, .cause = std::move(detail)};
}

/// Wipes what it gives back: requests hold passwords and tokens. Outlives all values.
class WipingResource : public json::memory_resource {
  // The library names another alignment when it gives memory back; none is over the default one.
  void* do_allocate(std::size_t bytes, std::size_t) override { return ::operator new(bytes); }
  void do_deallocate(void* memory, std::size_t bytes, std::size_t) override {
    explicit_bzero(memory, bytes);
    ::operator delete(memory);
  }
  bool do_is_equal(const json::memory_resource& other) const noexcept override {
    return this == &other;
  }
};

json::memory_resource* wiping_resource() {
  static WipingResource resource;
  return &resource;
}

struct Scratch {
  Scratch() = default;
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { explicit_bzero(bytes.data(), bytes.size()); }

  std::array<unsigned char, kScratchBytes> bytes;
};

struct Handler {
  static constexpr std::size_t max_object_size = json::object::max_size();
  static constexpr std::size_t max_array_size = json::array::max_size();
  static constexpr std::size_t max_key_size = json::string::max_size();
  static constexpr std::size_t max_string_size = json::string::max_size();

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) { return true; }
  bool on_object_end(std::size_t count, error_code&) {
    stack.push_object(count);
    return true;
  }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t count, error_code&) {
    stack.push_array(count);
    return true;
  }
  bool on_key_part(json::string_view part, std::size_t, error_code& error) {
    stack.push_chars(part);
    return has_no_nul(part, error);
  }
  bool on_key(json::string_view part, std::size_t, error_code& error) {
    stack.push_key(part);
    ++key_count;
    return has_no_nul(part, error);
  }
  bool on_string_part(json::string_view part, std::size_t, error_code& error) {
    stack.push_chars(part);
    return has_no_nul(part, error);
  }
  bool on_string(json::string_view part, std::size_t, error_code& error) {
    stack.push_string(part);
    return has_no_nul(part, error);
  }
  bool on_number_part(json::string_view, error_code&) { return true; }
  bool on_int64(std::int64_t number, json::string_view, error_code&) {
    stack.push_int64(number);
    return true;
  }
  bool on_uint64(std::uint64_t number, json::string_view, error_code&) {
    stack.push_uint64(number);
    return true;
  }
  bool on_double(double number, json::string_view, error_code& error) {
    stack.push_double(number);
    if (std::isfinite(number)) return true;
    error = json::error::exponent_overflow;
    return false;
  }
  bool on_bool(bool value, error_code&) {
    stack.push_bool(value);
    return true;
  }
  bool on_null(error_code&) {
    stack.push_null();
    return true;
  }
  bool on_comment_part(json::string_view, error_code&) { return true; }
  bool on_comment(json::string_view, error_code&) { return true; }

  static bool has_no_nul(json::string_view text, error_code& error) {
    if (text.find('\0') == json::string_view::npos) return true;
    error = json::error::syntax;
    return false;
  }

  /// Wiped when the values in it are gone, those of a text that was refused midway too.
  Scratch scratch;
  json::value_stack stack{wiping_resource(), scratch.bytes.data(), scratch.bytes.size()};
  std::size_t key_count = 0;
};

/// Its recursion is bounded by the depth that the parser allowed.
std::size_t count_members(const json::value& value) {
  std::size_t count = 0;
  if (const json::object* object = value.if_object()) {
    count = object->size();
    for (const auto& member : *object) count += count_members(member.value());
  } else if (const json::array* array = value.if_array()) {
    for (const json::value& element : *array) count += count_members(element);
  }
  return count;
}

bool is_plain(std::string_view text, std::size_t max_bytes) {
  return text.size() <= max_bytes && std::ranges::none_of(text, ascii::is_control);
}

bool is_flat(const json::value& value) {
  const json::string* text = value.if_string();
  return text ? is_plain({text->data(), text->size()}, limits::kFlatJsonTextBytes)
              : value.is_int64();
}

}  // namespace

Result<json::object> parse_json_object(std::string_view text) {
  json::parse_options options;
  options.max_depth = limits::kJsonDepth;
  json::basic_parser<Handler> parser(options);
  Handler& handler = parser.handler();
  handler.stack.reset(wiping_resource());

  error_code error;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
  if (error) return refused(error.message());
  if (read < text.size()) return refused("trailing text");

  json::value value = handler.stack.release();
  json::object* object = value.if_object();
  if (!object) return refused("not an object");
  if (count_members(value) != handler.key_count) return refused("repeated key");
  return std::move(*object);
}

Result<json::object> parse_flat_json(std::string_view text) {
  auto object = parse_json_object(text);
  if (!object) return object;
  const bool flat = std::ranges::all_of(*object, [](const auto& member) {
    return is_plain({member.key().data(), member.key().size()}, limits::kFlatJsonKeyBytes) &&
           is_flat(member.value());
  });
  if (!flat || object->size() > limits::kFlatJsonMembers) return refused("not flat");
  return object;
}

std::optional<std::string_view> string_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains({key.data(), key.size()});
  const json::string* text = value ? value->if_string() : nullptr;
  if (!text) return std::nullopt;
  return std::string_view(text->data(), text->size());
}

std::optional<std::int64_t> integer_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains({key.data(), key.size()});
  const std::int64_t* number = value ? value->if_int64() : nullptr;
  if (!number) return std::nullopt;
  return *number;
}

}  // namespace postern
