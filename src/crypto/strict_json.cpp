#include "crypto/strict_json.hpp"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>

namespace postern {

namespace {

namespace json = boost::json;

/// Says no to everything that is not a string or an integer directly inside the one object.
class FlatHandler {
 public:
  static constexpr std::size_t max_object_size = 64;
  static constexpr std::size_t max_array_size = 0;
  static constexpr std::size_t max_key_size = 64;
  static constexpr std::size_t max_string_size = 4096;

  using Value = std::variant<std::string, std::int64_t>;
  std::vector<std::pair<std::string, Value>> members;

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code& error) { return ++depth_ == 1 || refuse(error); }
  bool on_object_end(std::size_t, json::error_code&) { return true; }
  bool on_array_begin(json::error_code& error) { return refuse(error); }
  bool on_array_end(std::size_t, json::error_code& error) { return refuse(error); }

  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    name_.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view part, std::size_t, json::error_code& error) {
    name_.append(part.data(), part.size());
    const bool repeated = std::any_of(members.begin(), members.end(),
                                      [&](const auto& member) { return member.first == name_; });
    return (!repeated && !has_control(name_)) || refuse(error);
  }
  bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
    string_.append(part.data(), part.size());
    return true;
  }
  bool on_string(json::string_view part, std::size_t, json::error_code& error) {
    string_.append(part.data(), part.size());
    if (has_control(string_)) return refuse(error);
    return add(std::exchange(string_, {}), error);
  }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t number, json::string_view, json::error_code& error) {
    return add(number, error);
  }
  bool on_uint64(std::uint64_t, json::string_view, json::error_code& error) {
    return refuse(error);
  }
  bool on_double(double, json::string_view, json::error_code& error) { return refuse(error); }
  bool on_bool(bool, json::error_code& error) { return refuse(error); }
  bool on_null(json::error_code& error) { return refuse(error); }
  bool on_comment_part(json::string_view, json::error_code& error) { return refuse(error); }
  bool on_comment(json::string_view, json::error_code& error) { return refuse(error); }

 private:
  static bool refuse(json::error_code& error) {
    error = json::error::syntax;
    return false;
  }
  static bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  }
  bool add(Value value, json::error_code& error) {
    if (depth_ != 1) return refuse(error);
    members.emplace_back(std::exchange(name_, {}), std::move(value));
    return true;
  }

  int depth_ = 0;
  std::string name_;
  std::string string_;
};

}  // namespace

const FlatJson::Value* FlatJson::find(std::string_view name) const {
  const auto found = std::find_if(members_.begin(), members_.end(),
                                  [&](const auto& member) { return member.first == name; });
  return found == members_.end() ? nullptr : &found->second;
}

std::optional<std::string_view> FlatJson::string_at(std::string_view name) const {
  const Value* value = find(name);
  const auto* text = value ? std::get_if<std::string>(value) : nullptr;
  if (!text) return std::nullopt;
  return *text;
}

std::optional<std::int64_t> FlatJson::integer_at(std::string_view name) const {
  const Value* value = find(name);
  const auto* number = value ? std::get_if<std::int64_t>(value) : nullptr;
  if (!number) return std::nullopt;
  return *number;
}

std::optional<FlatJson> parse_flat_json(std::string_view text) {
  json::basic_parser<FlatHandler> parser{json::parse_options{}};
  json::error_code error;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
  if (error || read != text.size()) return std::nullopt;
  if (!parser.done()) return std::nullopt;
  FlatJson object;
  object.members_ = std::move(parser.handler().members);
  return object;
}

void append_json_string(std::string& json, std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  json.push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      json.push_back('\\');
      json.push_back(c);
    } else if (byte < 0x20) {
      json.append("\\u00");
      json.push_back(kHex[byte >> 4]);
      json.push_back(kHex[byte & 15]);
    } else {
      json.push_back(c);
    }
  }
  json.push_back('"');
}

}  // namespace postern
