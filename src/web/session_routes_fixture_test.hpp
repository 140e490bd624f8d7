// The routes of a person who is logged in, and the account that the tests log in with.
//
// Thread contract: belongs to one test.
#pragma once

#include <boost/json.hpp>

#include "crypto/password.hpp"
#include "text/form.hpp"
#include "web/web_fixture_test.hpp"

namespace postern {

inline constexpr const char* kAda = "ada@example.com";

class SessionRoutes : public WebTest {
 protected:
  SessionRoutes() {
    add_account(kAda, AccountState::kConfirmed);
    auto account = *database_.account_of(kAda);
    account.password_hash = hash();
    database_.put(account);
    EXPECT_TRUE(keys_.load());
  }
  static std::string hash() {
    static const std::string hash = *hash_password(kGoodPassword);
    return hash;
  }
  static std::string credentials(const std::string& password = kGoodPassword) {
    return R"({"email":"ada@example.com","password":")" + password + "\"}";
  }
  static std::string login_form(const std::string& password = kGoodPassword) {
    return "email=ada%40example.com&password=" + percent_encode(password);
  }
  static std::string field(const HttpResponse& response, const char* name) {
    const auto body = boost::json::parse(response.body);
    return std::string(body.at(name).as_string());
  }
  HttpHeader bearer() const {
    return {"Authorization", "Bearer " + field(post_json("/login", credentials()), "access_token")};
  }
  /// As the browser sends it back.
  HttpHeader cookie() const {
    const auto set = header_of(post_form("/login", login_form()), "Set-Cookie");
    return {"Cookie", set.substr(0, set.find(';'))};
  }
  HttpResponse send(const std::string& method, const std::string& path, const std::string& body,
                    std::vector<HttpHeader> headers) const {
    HttpRequest request;
    request.method = method;
    request.path = path;
    request.body = body;
    if (!body.empty()) headers.emplace_back("Content-Type", kJson);
    request.headers = std::move(headers);
    return call(request);
  }
};

}  // namespace postern
