// The file of `postern clients apply`, from any bytes: it is refused with a text that names the
// entry, or holds clients that every other part may rely on and that apply once.
#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "admin/client_file.hpp"
#include "base/oidc_limits.hpp"
#include "crypto/jwk_set.hpp"
#include "oidc/redirect_uri.hpp"
#include "property.hpp"
#include "text/ascii.hpp"

namespace {

using namespace postern;

constexpr TimePoint kNow = TimePoint(Duration(1'800'000'000'000));
const std::string kSecret = "a-client-secret-that-nothing-may-quote";

std::optional<std::string> variable(const std::string& name) {
  if (name == "SECRET") return kSecret;
  if (name == "OTHER") return std::string(40, 'o');
  if (name == "SHORT") return "short";
  return std::nullopt;
}

void check_client(const Client& client) {
  require(bool(check_client_fields(client)));
  require(!client.id.empty() && client.id.size() <= 64 && !client.name.empty());
  require(std::ranges::none_of(client.name, ascii::is_control));
  require(!client.redirect_uris.empty());
  for (const auto* uris : {&client.redirect_uris, &client.post_logout_redirect_uris}) {
    require(uris->size() <= limits::kRedirectUrisPerClient);
    for (const std::string& uri : *uris) require(bool(check_redirect_uri(uri)));
  }
  const bool by_keys = client.authentication == ClientAuthentication::kPrivateKeyJwt;
  require(by_keys == !client.jwks.empty());
  require(!by_keys || JwkSet::read(client.jwks));
  require(client.secret_hash.empty() || client.authentication == ClientAuthentication::kSecret);
  require(client.secret_hash.find(kSecret) == std::string::npos);
}

bool same(const Client& a, const Client& b) {
  return a.id == b.id && a.name == b.name && a.url == b.url && a.jwks == b.jwks &&
         a.authentication == b.authentication && a.secret_hash == b.secret_hash &&
         a.previous_secret_hash == b.previous_secret_hash && a.resource == b.resource &&
         a.previous_secret_until == b.previous_secret_until && a.created_at == b.created_at &&
         a.redirect_uris == b.redirect_uris && a.third_party == b.third_party &&
         a.post_logout_redirect_uris == b.post_logout_redirect_uris;
}

/// To apply a file twice is to apply it once, and a former secret stays valid for its time.
void check_applied(const Client& wanted) {
  const Client first = applied(nullptr, wanted, kNow);
  const Client again = applied(&first, wanted, kNow + Duration(1));
  require(same(first, again) && first.created_at == kNow);
  Client before = first;
  before.secret_hash = "before";
  const Client after = applied(&before, wanted, kNow);
  if (wanted.authentication != ClientAuthentication::kSecret) {
    require(after.secret_hash.empty() && after.previous_secret_hash.empty());
  } else if (wanted.secret_hash.empty()) {
    require(after.secret_hash == "before" && after.previous_secret_hash.empty());
  } else {
    require(after.secret_hash == wanted.secret_hash && after.previous_secret_hash == "before");
    require(after.previous_secret_until == kNow + kSecretOverlap);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view file = text_of(data, size);
  // libFuzzer copies what it sees compared: as a member's name the text would rightly be quoted.
  if (file.find(kSecret) != std::string_view::npos) return 0;
  const auto clients = read_client_file(file, variable);
  if (!clients) {
    const auto& text = clients.error().text;
    require(clients.error().code == "invalid_file" && text.find(kSecret) == std::string::npos);
    require(text.starts_with("The file is not ") || text.starts_with("entry "));
    return 0;
  }
  std::set<std::string> ids;
  for (const Client& client : *clients) {
    require(ids.insert(client.id).second);
    check_client(client);
    check_applied(client);
  }
  return 0;
}
