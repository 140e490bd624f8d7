#include "mail_smtp/capabilities.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

namespace postern {
namespace {

/// In upper case, taken apart at spaces and, for "AUTH=PLAIN", at '='.
std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words(1);
  for (const char c : line) {
    if (c == ' ' || c == '\t' || c == '=') {
      if (!words.back().empty()) words.emplace_back();
    } else {
      words.back() += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
  }
  return words;
}

}  // namespace

SmtpCapabilities parse_capabilities(const SmtpReply& ehlo) {
  SmtpCapabilities found;
  // The first line is the server's name, which may look like anything.
  for (std::size_t i = 1; i < ehlo.lines.size(); ++i) {
    const std::vector<std::string> words = words_of(ehlo.lines[i]);
    const auto has = [&](std::string_view word) {
      return std::find(words.begin() + 1, words.end(), word) != words.end();
    };
    if (words[0] == "STARTTLS") found.starttls = true;
    if (words[0] == "PIPELINING") found.pipelining = true;
    if (words[0] == "AUTH") {
      found.auth_plain = found.auth_plain || has("PLAIN");
      found.auth_login = found.auth_login || has("LOGIN");
      found.auth_xoauth2 = found.auth_xoauth2 || has("XOAUTH2");
      found.auth_oauthbearer = found.auth_oauthbearer || has("OAUTHBEARER");
    }
    if (words[0] == "SIZE") {
      found.size = true;
      if (words.size() > 1)
        std::from_chars(words[1].data(), words[1].data() + words[1].size(), found.size_limit);
    }
  }
  return found;
}

}  // namespace postern
