#include "web/web_fixture_test.hpp"

#include <boost/json.hpp>

#include "text/email.hpp"

namespace postern {
namespace {

const Secret kSecretKey("0123456789abcdef0123456789abcdef");

WebSettings settings() {
  WebSettings settings;
  settings.secret_key = kSecretKey;
  settings.base_url = kBaseUrl;
  settings.product = {"Kestrel & <Sons>", "https://kestrel.example", "help@kestrel.example"};
  settings.return_urls = {"https://app.example.com/", "https://shop.example.com/cart"};
  settings.cors_origins = {"https://spa.example.com"};
  return settings;
}

}  // namespace

WebTest::WebTest()
    : signer_(MailTokenSigner::hs256(kSecretKey, kBaseUrl)),
      verifier_(MailTokenVerifier::hs256(kSecretKey, kBaseUrl)),
      tokens_(kSecretKey),
      keys_(writer_, kSecretKey, {kBaseUrl, std::chrono::minutes(15)}, clock_, log_),
      devices_(kSecretKey) {
  accounts_.settings.product_name = "Kestrel";
  add_routes(router_, {accounts_, requests_, oidc_, settings(), &captured_});
}

WebTest::~WebTest() { writer_.stop(); }

HttpResponse WebTest::call(const HttpRequest& request) const {
  // Shared: the answering thread may still be inside set_value() when this one goes on.
  const auto answered = std::make_shared<std::promise<HttpResponse>>();
  auto coming = answered->get_future();
  router_.find(request.method, request.path)(
      request, [answered](HttpResponse given) { answered->set_value(std::move(given)); });
  if (coming.wait_for(kDeadline) != std::future_status::ready) {
    ADD_FAILURE() << "no response to " << request.method << ' ' << request.path;
    std::abort();  // the handler still holds what this frame owns
  }
  auto response = coming.get();
  requests_.drain();
  // As the server sends it: one of the two.
  if (!response.static_body.empty()) response.body = response.static_body;
  response.static_body = {};
  return response;
}

HttpResponse WebTest::get(const std::string& path, const std::string& query,
                          std::vector<HttpHeader> headers) const {
  HttpRequest request;
  request.method = "GET";
  request.path = path;
  request.query = query;
  request.headers = std::move(headers);
  return call(request);
}

HttpResponse WebTest::post(const std::string& path, const std::string& body,
                           std::vector<HttpHeader> headers) const {
  HttpRequest request;
  request.method = "POST";
  request.path = path;
  request.headers = std::move(headers);
  request.body = body;
  request.request_id = "request-1";
  return call(request);
}

HttpResponse WebTest::post_json(const std::string& path, const std::string& body) const {
  return post(path, body, {{"Content-Type", kJson}, {"Accept", "*/*"}});
}

HttpResponse WebTest::post_form(const std::string& path, const std::string& body,
                                std::vector<HttpHeader> headers) const {
  headers.emplace_back("Content-Type", kUrlencoded);
  headers.emplace_back("Accept", kBrowserAccept);
  headers.emplace_back("Origin", "null");
  headers.emplace_back("Sec-Fetch-Site", "same-origin");
  return post(path, body, std::move(headers));
}

std::string WebTest::add_account(const std::string& email, AccountState state) {
  const auto address = parse_email(email);
  EXPECT_TRUE(address);
  Account account;
  account.id = new_id(clock_.now());
  account.email = address->address;
  account.email_key = address->key;
  account.state = state;
  account.locale = "en";
  account.created_at = account.updated_at = clock_.now();
  database_.put(account);
  return account.id;
}

MailTokenClaims WebTest::claims_for(const std::string& email_key) const {
  const auto account = database_.account_of(email_key);
  EXPECT_TRUE(account.has_value());
  MailTokenClaims claims;
  claims.account_id = account->id;
  claims.credential_version = account->credential_version;
  claims.token_id = new_id(clock_.now());
  claims.issued_at = clock_.now();
  claims.expires_at = clock_.now() + std::chrono::minutes(60);
  claims.locale = "en";
  return claims;
}

std::string WebTest::mint_token(const std::string& email_key, const std::string& return_to) const {
  auto claims = claims_for(email_key);
  claims.return_to = return_to;
  return *signer_.mint(MailTokenPurpose::kSetPassword, claims);
}

std::string header_of(const HttpResponse& response, const std::string& name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return {};
}

std::string code_of(const HttpResponse& response) {
  if (response.content_type != "application/problem+json") return "not a problem";
  boost::json::error_code failure;
  const auto body = boost::json::parse(response.body, failure);
  if (failure || !body.is_object()) return "not JSON";
  const auto* code = body.get_object().if_contains("code");
  return code && code->is_string() ? std::string(code->get_string()) : "no code";
}

std::string bytes_of(const HttpResponse& response) {
  std::string bytes = std::to_string(response.status) + '\n' + response.content_type + '\n';
  for (const auto& [name, value] : response.headers) bytes += name + ": " + value + '\n';
  return bytes + '\n' + response.body;
}

}  // namespace postern
