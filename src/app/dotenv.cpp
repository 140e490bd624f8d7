#include "app/dotenv.hpp"

#include <algorithm>
#include <optional>

#include "app/setting_file.hpp"
#include "app/setting_table.hpp"
#include "base/config_limits.hpp"
#include "text/ascii.hpp"
#include "text/utf8.hpp"

namespace postern {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// All line ends as "\n".
std::string with_plain_line_ends(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_pair = text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    if (!is_pair) plain += text[i] == '\r' ? '\n' : text[i];
  }
  return plain;
}

/// The first characters that a name may have; dots and dashes are other programs' names.
std::string_view leading_name(std::string_view text) {
  std::size_t size = 0;
  while (size < text.size() && (ascii::is_alnum(text[size]) || text[size] == '_' ||
                                (size > 0 && (text[size] == '.' || text[size] == '-')))) {
    ++size;
  }
  return text.substr(0, size);
}

/// "NAME=", "NAME =" or "NAME: " with what follows on the line and after it.
struct Assignment {
  std::string_view name;
  std::string_view rest;
};

std::optional<Assignment> read_assignment(std::string_view text) {
  const auto name = leading_name(text);
  if (name.empty() || ascii::is_digit(name.front())) return std::nullopt;
  auto rest = text.substr(name.size());
  const bool is_colon =
      rest.size() > 1 && rest.front() == ':' && (is_blank(rest[1]) || rest[1] == '\n');
  while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
  if (!is_colon && !rest.starts_with('=')) return std::nullopt;
  rest.remove_prefix(1);
  while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
  return Assignment{name, rest};
}

/// A value and how many bytes of the text it takes, its line's end not included.
struct Value {
  std::string text;
  std::size_t size = 0;
};

std::size_t line_size(std::string_view text) { return std::min(text.find('\n'), text.size()); }

/// The text that may stand between a closing quote and the end of the line.
bool is_comment_or_nothing(std::string_view rest) {
  rest = trim_blanks(rest);
  return rest.empty() || rest.front() == '#';
}

std::optional<Value> after_quote(std::string value, std::string_view text, std::size_t end) {
  const auto rest = text.substr(end + 1);
  const auto size = line_size(rest);
  if (!is_comment_or_nothing(rest.substr(0, size))) return std::nullopt;
  return Value{std::move(value), end + 1 + size};
}

/// `text` begins with the quote.
std::optional<Value> read_single_quoted(std::string_view text) {
  const auto end = text.find('\'', 1);
  if (end == std::string_view::npos) return std::nullopt;
  return after_quote(std::string(text.substr(1, end - 1)), text, end);
}

std::optional<Value> read_double_quoted(std::string_view text) {
  std::string value;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') return after_quote(std::move(value), text, i);
    if (text[i] != '\\' || i + 1 == text.size()) {
      value += text[i];
      continue;
    }
    const char next = text[++i];
    constexpr std::string_view kEscapes = "nrt\"\\$";
    constexpr std::string_view kMeanings = "\n\r\t\"\\$";
    const auto known = kEscapes.find(next);
    if (known == std::string_view::npos) value += '\\';
    value += known == std::string_view::npos ? next : kMeanings[known];
  }
  return std::nullopt;
}

Value read_bare(std::string_view text) {
  const auto size = line_size(text);
  auto line = text.substr(0, size);
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '#' && (i == 0 || is_blank(line[i - 1]))) line = line.substr(0, i);
  }
  return {std::string(trim_blanks(line)), size};
}

std::optional<Value> read_value(std::string_view text) {
  if (text.starts_with('\'')) return read_single_quoted(text);
  if (text.starts_with('"')) return read_double_quoted(text);
  return read_bare(text);
}

void check_encoding(std::string_view text, std::string_view name) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    throw SettingError(name, "is UTF-16 text; save it as UTF-8");
  }
  if (text.find('\0') != std::string_view::npos || !is_valid_utf8(text)) {
    throw SettingError(name, "is not UTF-8 text");
  }
}

class Parser {
 public:
  Parser(std::string_view text, std::string_view name) : text_(text) { file_.name = name; }

  EnvFile parse() {
    for (; !text_.empty(); ++line_) {
      const auto size = read_statement();
      line_ += static_cast<int>(std::ranges::count(text_.substr(0, size), '\n'));
      text_.remove_prefix(std::min(size + 1, text_.size()));
    }
    return std::move(file_);
  }

 private:
  /// How many bytes the statement at the beginning of the text takes.
  std::size_t read_statement() {
    const auto size = line_size(text_);
    auto line = trim_blanks(text_.substr(0, size));
    if (line.empty() || line.front() == '#') return size;
    if (line.starts_with("export ") || line.starts_with("export\t")) {
      line = trim_blanks(line.substr(7));
    }
    const auto begin = static_cast<std::size_t>(line.data() - text_.data());
    const auto assignment = read_assignment(text_.substr(begin));
    if (!assignment) return skip(leading_name(line), "is not NAME=VALUE", size);
    const auto value = read_value(assignment->rest);
    if (!value) {
      return skip(assignment->name, "has a quote without an end, or text behind it", size);
    }
    file_.values.insert_or_assign(std::string(assignment->name), value->text);
    return static_cast<std::size_t>(assignment->rest.data() - text_.data()) + value->size;
  }

  std::size_t skip(std::string_view name, const char* fault, std::size_t size) {
    if (is_our_setting(name)) {
      throw SettingError(name, "line " + std::to_string(line_) + " of " + file_.name + " " + fault +
                                   "; write " + std::string(name) + "='value'");
    }
    file_.skipped_lines.push_back(line_);
    return size;
  }

  std::string_view text_;
  int line_ = 1;
  EnvFile file_;
};

}  // namespace

EnvFile parse_env_file(std::string_view text, std::string_view name) {
  check_encoding(text, name);
  const auto plain = with_plain_line_ends(without_byte_order_mark(text));
  return Parser(plain, name).parse();
}

EnvFile load_env_file(const std::string& path) {
  if (!path_exists(path)) return {};
  const auto text = read_setting_file(path, limits::kEnvFileBytes);
  if (!text) throw SettingError(".env", text.error().cause);
  return parse_env_file(*text);
}

EnvFile load_named_env_file(const std::string& path) {
  const auto text = read_setting_file(path, limits::kEnvFileBytes);
  if (!text) throw SettingError(path, text.error().cause);
  return parse_env_file(*text, path);
}

}  // namespace postern
