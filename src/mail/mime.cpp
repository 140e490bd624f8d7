#include "mail/mime.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "base/limits.hpp"
#include "mail/transfer_encoding.hpp"
#include "text/ascii.hpp"
#include "text/email.hpp"
#include "text/encoded_word.hpp"
#include "text/plain_text.hpp"

namespace postern {
namespace {

/// RFC 5322, 3.2.3.
bool is_atom_character(char c) {
  constexpr std::string_view kSpecials = "!#$%&'*+-/=?^_`{|}~";
  return ascii::is_alnum(c) || kSpecials.find(c) != std::string_view::npos;
}

/// One plain address: enough to be sure that a header holds it and nothing else.
bool is_mailbox(std::string_view address) {
  const std::size_t at = address.find('@');
  if (at == 0 || at == std::string_view::npos || at + 1 == address.size()) return false;
  if (address.size() > limits::kEmailBytes) return false;
  const auto fits = [](char c) { return c == '.' || is_atom_character(c); };
  const std::string_view domain = address.substr(at + 1);
  return std::all_of(address.begin(), address.begin() + static_cast<std::ptrdiff_t>(at), fits) &&
         std::all_of(domain.begin(), domain.end(), fits);
}

/// Fits a Message-ID's left side and a boundary.
bool is_mail_id(std::string_view id) {
  const auto fits = [](char c) { return ascii::is_alnum(c) || c == '-' || c == '_'; };
  return !id.empty() && id.size() <= limits::kMailIdBytes &&
         std::all_of(id.begin(), id.end(), fits);
}

/// RFC 5646, roughly: letters, digits, hyphens; or empty.
bool is_language_tag(std::string_view tag) {
  const auto fits = [](char c) { return ascii::is_alnum(c) || c == '-'; };
  return tag.size() <= limits::kLocaleBytes && std::all_of(tag.begin(), tag.end(), fits);
}

Error bad_mail(std::string detail) { return {"bad_mail", Retry::kNever, std::move(detail)}; }

Status check(const Mail& mail, const Sender& sender) {
  if (!is_mail_id(mail.id)) return bad_mail("the mail id is not one");
  if (!is_mailbox(mail.to)) return bad_mail("the recipient is not one plain address");
  if (!is_mailbox(sender.address)) return bad_mail("the sender is not one plain address");
  if (!is_language_tag(mail.locale)) return bad_mail("the locale is not a language tag");
  if (!is_one_line(mail.subject)) return bad_mail("the subject is not one line of text");
  if (!is_one_line(sender.name)) return bad_mail("the sender's name is not one line of text");
  return {};
}

/// Whether the text may stand in a header as it is and comes out of it unchanged.
bool is_plain_header_text(std::string_view text, std::size_t room) {
  if (text.size() > room || text.find("=?") != std::string_view::npos) return false;
  if (text.starts_with(' ') || text.ends_with(' ')) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

void append_subject(std::string& out, std::string_view subject) {
  constexpr std::string_view kName = "Subject: ";
  constexpr std::size_t kRoom = 78 - kName.size();
  out.append(kName);
  if (is_plain_header_text(subject, kRoom)) {
    out.append(subject);
  } else {
    append_encoded_words(out, subject, kName.size());
  }
  out.append("\r\n");
}

/// RFC 5322, 3.2.5: words as they are, or a quoted string.
void append_phrase(std::string& out, std::string_view name) {
  if (std::all_of(name.begin(), name.end(),
                  [](char c) { return c == ' ' || is_atom_character(c); })) {
    out.append(name);
    return;
  }
  out.push_back('"');
  for (const char c : name) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  out.push_back('"');
}

void append_from(std::string& out, const Sender& sender) {
  constexpr std::string_view kName = "From: ";
  constexpr std::size_t kRoom = 36;
  out.append(kName);
  if (sender.name.empty()) {
    out.append(sender.address).append("\r\n");
    return;
  }
  if (is_plain_header_text(sender.name, kRoom)) {
    append_phrase(out, sender.name);
    const bool fits = kName.size() + sender.name.size() + sender.address.size() < 70;
    out.append(fits ? " <" : "\r\n <");
  } else {
    append_encoded_words(out, sender.name, kName.size());
    // On a line of its own: an encoded word may fill the one before.
    out.append("\r\n <");
  }
  out.append(sender.address).append(">\r\n");
}

/// RFC 5322, 3.3: Sun, 22 Nov 2026 15:04:05 +0000.
void append_date(std::string& out, TimePoint time) {
  constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  std::array<char, 64> text{};
  const int length = std::snprintf(
      text.data(), text.size(), "Date: %s, %02u %s %04d %02d:%02d:%02d +0000\r\n",
      kDays[std::chrono::weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
      kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()));
  out.append(text.data(), static_cast<std::size_t>(length));
}

void append_headers(std::string& out, const Mail& mail, const Sender& sender) {
  append_date(out, mail.date);
  append_from(out, sender);
  out.append("To: ").append(mail.to).append("\r\n");
  append_subject(out, mail.subject);
  const std::string_view domain =
      std::string_view(sender.address).substr(sender.address.find('@') + 1);
  out.append("Message-ID: <").append(mail.id).append("@").append(domain).append(">\r\n");
  out.append("Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\n");
  if (!mail.locale.empty()) out.append("Content-Language: ").append(mail.locale).append("\r\n");
}

void append_part(std::string& out, std::string_view type, std::string_view text) {
  const bool base64 = prefers_base64(text);
  out.append("Content-Type: ").append(type).append("; charset=utf-8\r\n");
  out.append("Content-Transfer-Encoding: ").append(base64 ? "base64" : "quoted-printable");
  out.append("\r\n\r\n");
  if (base64) {
    append_base64_text(out, text);
  } else {
    append_quoted_printable(out, text);
  }
}

}  // namespace

Result<Sender> parse_sender(std::string_view text) {
  const Error refused{"invalid_email", Retry::kNever, "not an address, nor Name <address>"};
  if (!is_one_line(text)) return refused;
  const auto trim = [](std::string_view part) {
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    return part;
  };

  std::string_view name;
  std::string_view address = trim(text);
  if (address.ends_with('>')) {
    const std::size_t open = address.rfind('<');
    if (open == std::string_view::npos) return refused;
    name = trim(address.substr(0, open));
    address = address.substr(open + 1, address.size() - open - 2);
  }
  if (name.size() >= 2 && name.starts_with('"') && name.ends_with('"')) {
    name = name.substr(1, name.size() - 2);
  }
  // As a header writes it, and as it is copied from one: decoded here, encoded anew in the header.
  const std::string decoded = decode_encoded_words(name);
  name = decoded;
  if (!is_one_line(name)) return refused;
  if (name.size() > limits::kSenderNameBytes) return refused;
  if (name.find_first_of("<>\"") != std::string_view::npos) return refused;

  auto parsed = parse_email(address);
  if (!parsed) return refused;
  return Sender{std::string(name), std::move(parsed->address)};
}

Result<std::string> to_mime(const Mail& mail, const Sender& sender) {
  if (const Status status = check(mail, sender); !status) return status.error();

  // "=_" stands in no quoted-printable and no base64 text (RFC 2045, 6.7), so that the boundary
  // cannot occur in a part.
  const std::string boundary = "=_" + mail.id;
  std::string message;
  constexpr std::size_t kHeaderRoom = 2048;
  message.reserve(kHeaderRoom + (mail.text.size() + mail.html.size()) * 4);
  append_headers(message, mail, sender);
  message.append("MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary=\"");
  message.append(boundary).append("\"\r\n\r\n--").append(boundary).append("\r\n");
  append_part(message, "text/plain", mail.text);
  message.append("\r\n--").append(boundary).append("\r\n");
  append_part(message, "text/html", mail.html);
  message.append("\r\n--").append(boundary).append("--\r\n");
  return message;
}

}  // namespace postern
