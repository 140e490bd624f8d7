// A service that takes Postern's access tokens: GET /hello answers the account's id.
//
// POSTERN_URL is Postern's BASE_URL. The tokens are checked with rhonabwy.
#include <httplib.h>
#include <rhonabwy.h>

const char* const kUrl = std::getenv("POSTERN_URL");
const std::string kPostern = kUrl ? kUrl : "http://localhost:5001";

/// Postern's keys: kept for a minute, and for five seconds only once a token was found wanting.
std::shared_ptr<jwks_t> keys(std::chrono::seconds not_older_than) {
  static std::mutex mutex;
  static std::shared_ptr<jwks_t> kept;
  static std::chrono::steady_clock::time_point fetched;
  const std::lock_guard lock(mutex);
  if (kept && std::chrono::steady_clock::now() - fetched < not_older_than) return kept;
  const std::string at = kPostern + "/.well-known/jwks.json";
  fetched = std::chrono::steady_clock::now();
  return kept = {r_jwks_quick_import(R_IMPORT_JKU, 0, at.c_str(), R_IMPORT_NONE), r_jwks_free};
}

/// The account that the token is for; empty when it is not good.
std::string account_of(const std::string& token, const std::shared_ptr<jwks_t>& keys) {
  const std::shared_ptr<jwt_t> jwt(r_jwt_quick_parse(token.c_str(), R_PARSE_NONE, 0), r_jwt_free);
  const bool good =
      jwt && keys && r_jwt_get_sign_alg(jwt.get()) == R_JWA_ALG_ES256 &&
      r_jwt_add_sign_jwks(jwt.get(), nullptr, keys.get()) == RHN_OK &&
      r_jwt_verify_signature(jwt.get(), nullptr, 0) == RHN_OK &&
      r_jwt_validate_claims(jwt.get(), R_JWT_CLAIM_TYP, "at+jwt", R_JWT_CLAIM_ISS, kPostern.c_str(),
                            R_JWT_CLAIM_AUD, kPostern.c_str(), R_JWT_CLAIM_EXP, R_JWT_CLAIM_NOW,
                            R_JWT_CLAIM_SUB, nullptr, R_JWT_CLAIM_NOP) == RHN_OK;
  return good ? r_jwt_get_claim_str_value(jwt.get(), "sub") : "";
}

int main() {
  httplib::Server server;
  server.Get("/hello", [](const httplib::Request& request, httplib::Response& response) {
    const std::string header = request.get_header_value("Authorization");
    const std::string token = header.starts_with("Bearer ") ? header.substr(7) : "";
    std::string account = account_of(token, keys(std::chrono::seconds(60)));
    if (account.empty()) account = account_of(token, keys(std::chrono::seconds(5)));
    if (!account.empty())
      return response.set_content("{\"account_id\":\"" + account + "\"}", "application/json");
    response.status = 401;
    response.set_header("WWW-Authenticate", "Bearer");
  });
  const char* const port = std::getenv("PORT");
  return server.listen("127.0.0.1", port ? std::stoi(port) : 8003) ? 0 : 1;
}
