// One template of an email, made ready: Mustache is run when it is loaded, with marks in place of
// what differs from email to email, so that an email costs no more than joining strings.
//
// Thread contract: immutable; render() may be called from any thread.
// Does not read files and resolves no partials: the source is complete.
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace postern {

/// How values are written: with HTML's special characters escaped, or as they are.
enum class TemplateFormat { kHtml, kPlain };

/// The fields that differ from email to email. Where `link_life` (a link that does not end) or
/// `device` is empty, its sections, {{#link_life}} and {{#device}}, are left out.
struct TemplateValues {
  std::string_view link = {};
  std::string_view link_life = {};
  std::string_view email = {};
  std::string_view subject = {};
  /// The account that asks, of kConfirmEmail: its masked address.
  std::string_view account = {};
  std::string_view recover_link = {};
  /// Of a notice: the client behind the change, in words.
  std::string_view device = {};
};

class MailTemplate {
 public:
  using FixedValues = std::map<std::string, std::string>;

  /// `fixed` are the variables that are the same in every email; an empty one makes its section
  /// go. Throws std::runtime_error, with `name` in its text, on a source that is not UTF-8, does
  /// not parse, or uses a variable that does not exist.
  MailTemplate(const std::string& name, const std::string& source, TemplateFormat format,
               const FixedValues& fixed);

  std::string render(const TemplateValues& values) const;

  /// Whether the email's link is in every email made from this template, or in any.
  bool always_has_link() const;
  bool may_have_link() const;

 private:
  using Value = std::string_view TemplateValues::*;
  struct Piece {
    std::string text;
    /// The field after the text; null at the end.
    Value value = nullptr;
    bool escaped = false;
  };
  using Pieces = std::vector<Piece>;

  static constexpr std::size_t kVariants = 4;

  static Pieces split(std::string_view rendered);
  static bool has_link(const Pieces& pieces);

  /// For every set of optional values that an email may have, by optional_values().
  std::array<Pieces, kVariants> variants_;
};

}  // namespace postern
