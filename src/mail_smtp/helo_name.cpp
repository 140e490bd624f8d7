#include "mail_smtp/helo_name.hpp"

#include <netdb.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>

#include "text/ascii.hpp"

namespace postern {
namespace {

/// At least two labels of letters, digits and hyphens, the last with a letter: no IPv4 address.
bool is_domain_name(std::string_view name) {
  if (name.size() > 253 || name.find('.') == std::string_view::npos) return false;
  const std::string_view last = name.substr(name.rfind('.') + 1);
  if (std::none_of(last.begin(), last.end(), ascii::is_alpha)) return false;
  while (!name.empty()) {
    const std::string_view label = name.substr(0, name.find('.'));
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-' ||
        !std::all_of(label.begin(), label.end(),
                     [](char c) { return ascii::is_alnum(c) || c == '-'; }))
      return false;
    name.remove_prefix(std::min(label.size() + 1, name.size()));
  }
  return true;
}

/// One that others could know as well.
bool is_public_name(std::string_view name) {
  const std::string lower = ascii::to_lower(name);
  return is_domain_name(lower) && !lower.ends_with(".localhost") &&
         !lower.ends_with(".localdomain");
}

std::string_view host_of(std::string_view url) {
  if (const std::size_t scheme = url.find("://"); scheme != std::string_view::npos)
    url.remove_prefix(scheme + 3);
  return url.substr(0, url.find_first_of(":/?#"));
}

/// The name that `hostname --fqdn` prints.
std::string machine_name() {
  std::array<char, 256> own{};
  if (::gethostname(own.data(), own.size() - 1) != 0) return {};
  if (is_public_name(own.data())) return own.data();
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_CANONNAME;
  addrinfo* found = nullptr;
  if (::getaddrinfo(own.data(), nullptr, &hints, &found) != 0) return {};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, &::freeaddrinfo);
  return list->ai_canonname == nullptr ? std::string() : list->ai_canonname;
}

}  // namespace

bool is_helo_name(std::string_view name) {
  if (!name.starts_with('[')) return is_domain_name(name);
  return name.size() > 2 && name.ends_with(']') &&
         std::all_of(name.begin() + 1, name.end() - 1,
                     [](char c) { return ascii::is_alnum(c) || c == '.' || c == ':'; });
}

std::string usual_helo_name(std::string_view base_url) {
  if (const std::string_view host = host_of(base_url); is_public_name(host))
    return std::string(host);
  const std::string name = machine_name();
  return is_public_name(name) ? name : std::string();
}

}  // namespace postern
