#include "mail_smtp/app_password.hpp"

#include <algorithm>
#include <array>

#include "text/ascii.hpp"

namespace postern {
namespace {

constexpr std::size_t kGroups = 4;
constexpr std::size_t kGroupMails = 4;

/// No-break space, figure space, narrow no-break space.
constexpr std::array<std::string_view, 3> kNoBreak = {"\xc2\xa0", "\xe2\x80\x87", "\xe2\x80\xaf"};

/// The length of the blank that `text` begins with; 0 for none.
std::size_t blank_length(std::string_view text) {
  if (text.starts_with(' ') || text.starts_with('\t')) return 1;
  for (const std::string_view blank : kNoBreak) {
    if (text.starts_with(blank)) return blank.size();
  }
  return 0;
}

std::string_view trim(std::string_view text) {
  while (const std::size_t length = blank_length(text)) text.remove_prefix(length);
  for (bool trimmed = true; trimmed;) {
    trimmed = false;
    for (const std::string_view blank :
         {std::string_view(" "), std::string_view("\t"), kNoBreak[0], kNoBreak[1], kNoBreak[2]}) {
      if (!text.ends_with(blank)) continue;
      text.remove_suffix(blank.size());
      trimmed = true;
    }
  }
  return text;
}

bool is_google(std::string_view host) {
  const std::string name = ascii::to_lower(host);
  return name.ends_with(".gmail.com") || name.ends_with(".googlemail.com") ||
         name.ends_with(".google.com");
}

/// The emails of four groups of four; empty for anything else.
std::string mails_of_groups(std::string_view text) {
  std::string source;
  std::size_t groups = 0;
  while (!text.empty()) {
    const auto end = std::find_if_not(text.begin(), text.end(), ascii::is_alpha);
    if (static_cast<std::size_t>(end - text.begin()) != kGroupMails) return {};
    source.append(text.substr(0, kGroupMails));
    text.remove_prefix(kGroupMails);
    ++groups;
    if (!text.empty() && blank_length(text) == 0) return {};
    while (const std::size_t length = blank_length(text)) text.remove_prefix(length);
  }
  return groups == kGroups ? source : std::string();
}

}  // namespace

std::string plain_app_password(std::string_view host, std::string_view password) {
  password = trim(password);
  const bool pasted = std::any_of(kNoBreak.begin(), kNoBreak.end(), [&](std::string_view blank) {
    return password.find(blank) != std::string_view::npos;
  });
  if (pasted || is_google(host)) {
    if (std::string source = mails_of_groups(password); !source.empty()) return source;
  }
  return std::string(password);
}

}  // namespace postern
