#include "mail/mail_template.hpp"

#include <algorithm>
#include <array>
#include <kainjow/mustache.hpp>
#include <stdexcept>

#include "text/ascii.hpp"
#include "text/plain_text.hpp"
#include "text/utf8.hpp"

namespace postern {
namespace {

namespace mustache = kainjow::mustache;

/// A mark is one of these two and the value's place in kValues. No template holds a control.
constexpr char kPlainMark = '\x01';
constexpr char kEscapedMark = '\x02';
/// Stands for a line end while Mustache runs.
constexpr char kLineMark = '\x03';

struct NamedValue {
  const char* name;
  std::string_view TemplateValues::* value;
};

constexpr std::array kValues{
    NamedValue{"link", &TemplateValues::link},
    NamedValue{"link_life", &TemplateValues::link_life},
    NamedValue{"email", &TemplateValues::email},
    NamedValue{"subject", &TemplateValues::subject},
    NamedValue{"account", &TemplateValues::account},
    NamedValue{"recover_link", &TemplateValues::recover_link},
    NamedValue{"device", &TemplateValues::device},
};

/// Those that may be empty. A set of them is a number with a bit for each.
constexpr std::array kOptionalValues{
    NamedValue{"link_life", &TemplateValues::link_life},
    NamedValue{"device", &TemplateValues::device},
};

std::size_t optional_values(const TemplateValues& values) {
  std::size_t set = 0;
  for (std::size_t i = 0; i < kOptionalValues.size(); ++i) {
    if (!(values.*kOptionalValues[i].value).empty()) set |= std::size_t{1} << i;
  }
  return set;
}

std::string mark(std::size_t place) { return {kPlainMark, static_cast<char>('0' + place)}; }

constexpr std::array<bool, 256> kNeedsEscape = [] {
  std::array<bool, 256> needs_escape{};
  for (const char c : {'&', '<', '>', '"', '\''})
    needs_escape[static_cast<unsigned char>(c)] = true;
  return needs_escape;
}();

/// &#39; rather than &apos;, which old mail programs do not know.
void append_escaped(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const auto* const special = std::find_if(text.begin(), text.end(), [](char c) {
      return kNeedsEscape[static_cast<unsigned char>(c)];
    });
    const auto plain = static_cast<std::size_t>(special - text.begin());
    out.append(text.substr(0, plain));
    if (plain == text.size()) return;
    switch (*special) {
      case '&':
        out.append("&amp;");
        break;
      case '<':
        out.append("&lt;");
        break;
      case '>':
        out.append("&gt;");
        break;
      case '"':
        out.append("&quot;");
        break;
      default:
        out.append("&#39;");
    }
    text.remove_prefix(plain + 1);
  }
}

std::string escape(const std::string& text) {
  if (text.starts_with(kPlainMark)) return kEscapedMark + text.substr(1);
  std::string escaped;
  append_escaped(escaped, text);
  return escaped;
}

/// Remembers a variable or partial that does not exist, which Mustache would silently leave empty.
class StrictContext : public mustache::context<std::string> {
 public:
  using mustache::context<std::string>::context;

  const mustache::data* get(const std::string& name) const override {
    const auto* found = mustache::context<std::string>::get(name);
    if (found == nullptr && unknown_.empty()) unknown_ = name;
    return found;
  }
  const mustache::data* get_partial(const std::string& name) const override {
    unknown_ = name;
    return nullptr;
  }
  const std::string& unknown() const { return unknown_; }

 private:
  mutable std::string unknown_;
};

mustache::data value_or_false(const std::string& value) {
  return value.empty() ? mustache::data(false) : mustache::data(value);
}

mustache::data make_data(const MailTemplate::FixedValues& fixed, std::size_t optional) {
  mustache::data data;
  for (const auto& [name, value] : fixed) data.set(name, value_or_false(value));
  for (std::size_t i = 0; i < kValues.size(); ++i) data.set(kValues[i].name, mark(i));
  for (std::size_t i = 0; i < kOptionalValues.size(); ++i) {
    if ((optional >> i & 1U) == 0) data.set(kOptionalValues[i].name, mustache::data(false));
  }
  return data;
}

[[noreturn]] void refuse(const std::string& name, const std::string& why) {
  throw std::runtime_error("mail template " + name + " " + why);
}

void check_characters(const std::string& name, std::string_view source) {
  if (!is_valid_utf8(source)) refuse(name, "is not UTF-8");
  const auto bad = [](char c) { return ascii::is_control(c) && c != '\n' && c != '\t'; };
  if (std::any_of(source.begin(), source.end(), bad)) refuse(name, "has a control character in it");
}

/// A section's tag, or a comment, on a line of its own.
bool is_standalone_tag(std::string_view line) {
  constexpr std::string_view kKinds = "#^/!";
  if (line.size() < 5 || !line.starts_with("{{") || !line.ends_with("}}")) return false;
  return kKinds.find(line[2]) != std::string_view::npos && line.rfind("{{") == 0;
}

/// Takes the line away from a standalone tag, and every line end away from the library: it leaves
/// an empty line where a section that is left out began, which Mustache's specification forbids.
std::string without_lines(std::string_view source) {
  std::string flat;
  flat.reserve(source.size());
  while (!source.empty()) {
    const std::size_t end = source.find('\n');
    std::string_view line = source.substr(0, end);
    source.remove_prefix(end == std::string_view::npos ? source.size() : end + 1);
    const std::size_t indent = std::min(line.find_first_not_of(" \t"), line.size());
    const std::string_view tag = line.substr(indent, line.find_last_not_of(" \t") + 1 - indent);
    const bool standalone = is_standalone_tag(tag);
    flat.append(standalone ? tag : line);
    if (!standalone && end != std::string_view::npos) flat.push_back(kLineMark);
  }
  return flat;
}

mustache::mustache parse(const std::string& name, const std::string& source) {
  try {
    mustache::mustache parsed(without_lines(source));
    if (parsed.is_valid()) return parsed;
    refuse(name, "does not parse: " + parsed.error_message());
  } catch (const std::out_of_range&) {
    refuse(name, "does not parse: it ends inside a tag");
  }
}

std::string run(const std::string& name, mustache::mustache& parsed, const mustache::data& data) {
  StrictContext context(&data);
  std::string text = parsed.render(context);
  if (!parsed.is_valid()) refuse(name, "cannot be used: " + parsed.error_message());
  if (!context.unknown().empty()) {
    refuse(name, "uses {{" + one_line(context.unknown()) + "}}, which does not exist");
  }
  std::replace(text.begin(), text.end(), kLineMark, '\n');
  return text;
}

}  // namespace

MailTemplate::MailTemplate(const std::string& name, const std::string& source,
                           TemplateFormat format, const FixedValues& fixed) {
  check_characters(name, source);
  mustache::mustache parsed = parse(name, source);
  if (format == TemplateFormat::kHtml) {
    parsed.set_custom_escape(escape);
  } else {
    parsed.set_custom_escape([](const std::string& text) { return text; });
  }
  static_assert(kVariants == std::size_t{1} << kOptionalValues.size());
  for (std::size_t optional = 0; optional < kVariants; ++optional) {
    variants_[optional] = split(run(name, parsed, make_data(fixed, optional)));
  }
}

MailTemplate::Pieces MailTemplate::split(std::string_view rendered) {
  constexpr std::string_view kMarks("\x01\x02");
  Pieces pieces;
  for (;;) {
    const std::size_t at = rendered.find_first_of(kMarks);
    if (at == std::string_view::npos) break;
    const auto place = static_cast<std::size_t>(rendered[at + 1] - '0');
    pieces.push_back({std::string(rendered.substr(0, at)), kValues.at(place).value,
                      rendered[at] == kEscapedMark});
    rendered.remove_prefix(at + 2);
  }
  pieces.push_back({std::string(rendered)});
  return pieces;
}

std::string MailTemplate::render(const TemplateValues& values) const {
  const Pieces& pieces = variants_[optional_values(values)];
  std::size_t size = 0;
  for (const Piece& piece : pieces) {
    size += piece.text.size() + (piece.value != nullptr ? (values.*piece.value).size() : 0);
  }

  std::string text;
  constexpr std::size_t kEscapeRoom = 64;
  text.reserve(size + kEscapeRoom);
  for (const Piece& piece : pieces) {
    text.append(piece.text);
    if (piece.value == nullptr) continue;
    if (piece.escaped) {
      append_escaped(text, values.*piece.value);
    } else {
      text.append(values.*piece.value);
    }
  }
  return text;
}

bool MailTemplate::has_link(const Pieces& pieces) {
  return std::any_of(pieces.begin(), pieces.end(),
                     [](const Piece& piece) { return piece.value == &TemplateValues::link; });
}

bool MailTemplate::always_has_link() const { return std::ranges::all_of(variants_, has_link); }

bool MailTemplate::may_have_link() const { return std::ranges::any_of(variants_, has_link); }

}  // namespace postern
