// A service that takes Postern's access tokens: GET /hello answers the account's id.
//
// POSTERN_URL is Postern's BASE_URL. The tokens are checked with cjose, as in Apache's OpenID
// module.
#include <cjose/cjose.h>
#include <httplib.h>

#include <ctime>
#include <nlohmann/json.hpp>

using nlohmann::json;
using std::chrono::steady_clock, std::chrono::seconds;
using Key = std::shared_ptr<cjose_jwk_t>;

/// The keys by kid. They are kept for a minute, and fetched again, at most once in five seconds,
/// when a token names one that is not there.
class KeySet {
 public:
  explicit KeySet(const std::string& url) : postern_(url) {}

  Key find(const std::string& kid) {
    const std::lock_guard lock(mutex_);
    const auto age = steady_clock::now() - fetched_;
    if (age > seconds(60) || (age > seconds(5) && !keys_.contains(kid))) fetch();
    const auto key = keys_.find(kid);
    return key == keys_.end() ? nullptr : key->second;
  }

 private:
  void fetch() {
    const auto answer = postern_.Get("/.well-known/jwks.json");
    if (!answer || answer->status != 200) throw std::runtime_error("Postern does not answer");
    const json set = json::parse(answer->body);
    std::map<std::string, Key> keys;
    for (const json& member : set.at("keys")) {
      const std::string text = member.dump();
      const Key key(cjose_jwk_import(text.data(), text.size(), nullptr), cjose_jwk_release);
      if (key) keys[member.at("kid").get<std::string>()] = key;
    }
    keys_ = std::move(keys);
    fetched_ = steady_clock::now();
  }

  std::mutex mutex_;
  httplib::Client postern_;
  std::map<std::string, Key> keys_;
  steady_clock::time_point fetched_ = steady_clock::now() - std::chrono::hours(1);
};

/// The account that a token is for; nothing when it is not good. Throws when Postern is away.
std::optional<std::string> account_of(const std::string& token, KeySet& keys,
                                      const std::string& postern_url) {
  const std::shared_ptr<cjose_jws_t> jws(cjose_jws_import(token.data(), token.size(), nullptr),
                                         [](cjose_jws_t* it) { cjose_jws_release(it); });
  if (!jws) return std::nullopt;
  const auto header = [&](const char* name) {
    const char* value = cjose_header_get(cjose_jws_get_protected(jws.get()), name, nullptr);
    return std::string(value ? value : "");
  };
  if (header("alg") != "ES256" || header("typ") != "at+jwt") return std::nullopt;
  const Key key = keys.find(header("kid"));
  if (!key || !cjose_jws_verify(jws.get(), key.get(), nullptr)) return std::nullopt;
  std::uint8_t* text = nullptr;
  std::size_t size = 0;
  if (!cjose_jws_get_plaintext(jws.get(), &text, &size, nullptr)) return std::nullopt;
  const json claims = json::parse(text, text + size);
  if (claims.at("iss") != postern_url || claims.at("aud") != postern_url) return std::nullopt;
  if (claims.at("exp").get<std::int64_t>() <= std::time(nullptr)) return std::nullopt;
  return claims.at("sub").get<std::string>();
}

std::string setting(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value ? value : otherwise;
}

int main() {
  const std::string postern_url = setting("POSTERN_URL", "http://localhost:5001");
  KeySet keys(postern_url);
  httplib::Server server;
  server.Get("/hello", [&](const httplib::Request& request, httplib::Response& response) {
    const std::string authorization = request.get_header_value("Authorization");
    const bool is_bearer = authorization.starts_with("Bearer ");
    std::optional<std::string> account;
    try {
      if (is_bearer) account = account_of(authorization.substr(7), keys, postern_url);
    } catch (const json::exception&) {
      // A claim is missing, or not what it should be.
    }
    if (!account) {
      response.status = 401;
      response.set_header("WWW-Authenticate", "Bearer");
    } else {
      response.set_content(json{{"account_id", *account}}.dump(), "application/json");
    }
  });
  return server.listen("127.0.0.1", std::stoi(setting("PORT", "8003"))) ? 0 : 1;
}
