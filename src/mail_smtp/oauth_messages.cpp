#include "mail_smtp/oauth_messages.hpp"

#include <openssl/evp.h>

#include <boost/json.hpp>
#include <vector>

#include "base/oauth_limits.hpp"
#include "text/ascii.hpp"
#include "text/json.hpp"
#include "text/plain_text.hpp"

namespace postern {
namespace {

constexpr char kSeparator = '\x01';

/// `prefix`, base64 of `message` and CRLF, in memory that is wiped.
Secret auth_line(std::string_view prefix, const Secret& message) {
  const auto plain = message.view();
  std::string line(prefix);
  const std::size_t encoded = 4 * ((plain.size() + 2) / 3);
  // One byte more for the NUL that OpenSSL writes, and room for CRLF: no reallocation leaves a
  // copy.
  line.resize(prefix.size() + encoded + 2);
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(line.data() + prefix.size()),
                  reinterpret_cast<const unsigned char*>(plain.data()),
                  static_cast<int>(plain.size()));
  line.replace(prefix.size() + encoded, 2, "\r\n");
  return Secret(std::move(line));
}

/// A saslname (RFC 5801, section 4): comma and equals sign have a meaning of their own there.
std::string sasl_name(std::string_view name) {
  std::string encoded;
  for (const char c : name) {
    if (c == ',') {
      encoded += "=2C";
    } else if (c == '=') {
      encoded += "=3D";
    } else {
      encoded += c;
    }
  }
  return encoded;
}

/// Nothing when it is not base64.
std::string base64_decoded(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0 || text.size() > 4 * limits::kTokenWordsBytes * 8) {
    return {};
  }
  std::vector<unsigned char> bytes(text.size());
  const int size =
      EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size()));
  if (size < 0) return {};
  std::string decoded(bytes.begin(), bytes.begin() + size);
  while (decoded.ends_with('\0')) decoded.pop_back();
  return decoded;
}

}  // namespace

Secret xoauth2_line(const OAuthLogin& login) {
  std::string message;
  message.reserve(login.user.size() + login.token.size() + 32);
  message.append("user=").append(login.user).append(1, kSeparator).append("auth=Bearer ");
  message.append(login.token).append(2, kSeparator);
  return auth_line("AUTH XOAUTH2 ", Secret(std::move(message)));
}

Secret oauthbearer_line(const OAuthLogin& login) {
  const auto user = sasl_name(login.user);
  std::string message;
  message.reserve(user.size() + login.host.size() + login.token.size() + 64);
  message.append("n,a=").append(user).append(",").append(1, kSeparator);
  message.append("host=").append(login.host).append(1, kSeparator);
  message.append("port=").append(std::to_string(login.port)).append(1, kSeparator);
  message.append("auth=Bearer ").append(login.token).append(2, kSeparator);
  return auth_line("AUTH OAUTHBEARER ", Secret(std::move(message)));
}

std::string oauth_error_detail(std::string_view text, const Secret& token) {
  const auto object = parse_json_object(base64_decoded(ascii::trim(text)));
  if (!object) return {};
  std::string detail;
  for (const std::string_view name : {"status", "error", "scope"}) {
    const auto* value = object->if_contains(boost::json::string_view(name.data(), name.size()));
    if (value == nullptr || value->is_structured()) continue;
    const auto said =
        value->is_string() ? std::string(value->get_string()) : boost::json::serialize(*value);
    if (said.find(token.view()) != std::string::npos) continue;
    detail.append(detail.empty() ? "" : ", ").append(name).append(" ").append(said);
  }
  if (detail.size() > limits::kTokenWordsBytes) detail.resize(limits::kTokenWordsBytes);
  return one_line(detail);
}

}  // namespace postern
