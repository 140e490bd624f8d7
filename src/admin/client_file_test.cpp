// The file of `postern clients apply`, and the clients that it leads to.
#include "admin/client_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "admin/client_output.hpp"
#include "oidc/client_authentication.hpp"

namespace postern {
namespace {

constexpr TimePoint kNoon = TimePoint(Duration(1'800'000'000'000));
const std::string kSecret(32, 's');
/// RFC 7517, appendix A.1.
const std::string kJwks =
    R"({"keys":[{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",)"
    R"("y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","kid":"1"}]})";

Result<std::vector<Client>> read(const std::string& entries) {
  const std::map<std::string, std::string> variables{
      {"SECRET", kSecret}, {"SHORT", "short"}, {"TAB", kSecret + "\t"}};
  return read_client_file(R"({"clients":[)" + entries + "]}", [&](const std::string& name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

/// An entry with these members besides those that it needs.
std::string entry(const std::string& members = {}) {
  return R"({"client_id":"acme","client_name":"Acme",)"
         R"("redirect_uris":["https://a.example/callback"])" +
         (members.empty() ? members : "," + members) + "}";
}

Client client_of(const std::string& text) {
  const auto clients = read(text);
  EXPECT_TRUE(clients) << clients.error().text;
  return clients && clients->size() == 1 ? clients->front() : Client{};
}

TEST(ClientFile, I1_null_is_as_good_as_absent) {
  const auto nulls =
      entry(R"("client_uri":null,"third_party":null,"token_endpoint_auth_method":null,"jwks":null,)"
            R"("resource":null,"client_secret_env":null,"post_logout_redirect_uris":null)");
  for (const auto& text : {entry(), nulls}) {
    const auto client = client_of(text);
    EXPECT_EQ(client.authentication, ClientAuthentication::kSecret);
    EXPECT_EQ(client.url + client.resource + client.jwks + client.secret_hash, "");
    EXPECT_FALSE(client.third_party);
    EXPECT_TRUE(client.post_logout_redirect_uris.empty());
  }
}

TEST(ClientFile, every_member_is_read_under_either_name) {
  const auto client = client_of(
      R"({"client_id":"acme","name":"Acme","url":"https://a.example/","third_party":true,)"
      R"("redirect_uris":["https://a.example/"],"resource":"https://api.example",)"
      R"("post_logout_redirect_uris":["https://b.example/"],"client_secret_env":"SECRET",)"
      R"("token_endpoint_auth_method":"client_secret_post"})");
  EXPECT_EQ(client.name, "Acme");
  EXPECT_EQ(client.url, "https://a.example/");
  EXPECT_TRUE(client.third_party);
  EXPECT_EQ(client.post_logout_redirect_uris, std::vector<std::string>{"https://b.example/"});
  EXPECT_EQ(client.resource, "https://api.example");
  EXPECT_EQ(client.secret_hash, hash_client_secret(kSecret));
}

TEST(ClientFile, a_jwk_set_stands_for_private_key_jwt) {
  EXPECT_EQ(client_of(entry("\"jwks\":" + kJwks)).authentication,
            ClientAuthentication::kPrivateKeyJwt);
}

TEST(ClientFile, a_fault_names_the_entry_and_the_member) {
  const std::pair<std::string, std::string> cases[] = {
      {R"("colour":"red")", "there is no member \"colour\""},
      {R"("client_secret":"x")", "client_secret is not for a file"},
      {R"("name":"Again")", "client_name is there twice"},
      {R"("third_party":"yes")", "third_party"},
      {R"("post_logout_redirect_uris":"https://a.example/")", "post_logout_redirect_uris"},
      {R"("post_logout_redirect_uris":[7])", "post_logout_redirect_uris"},
      {R"("token_endpoint_auth_method":7)", "token_endpoint_auth_method"},
      {R"("token_endpoint_auth_method":"tls_client_auth")", "token_endpoint_auth_method"},
      {R"("token_endpoint_auth_method":"private_key_jwt")", "jwks"},
      {"\"token_endpoint_auth_method\":\"none\",\"jwks\":" + kJwks, "jwks"},
      {R"("resource":"api")", "resource"},
      {R"("resource":"https://api.example/#part")", "resource"},
      {R"("client_secret_env":7)", "client_secret_env"},
      {R"("client_secret_env":"MISSING")", "the variable MISSING is not set"},
      {R"("client_secret_env":"SHORT")", "the variable SHORT has fewer"},
      {R"("client_secret_env":"TAB")", "the variable TAB is not printable"},
      {R"("client_secret_env":"SECRET","token_endpoint_auth_method":"none")", "client_secret_env"},
  };
  for (const auto& [members, fault] : cases) {
    const auto clients = read(entry(members));
    ASSERT_FALSE(clients) << members;
    EXPECT_TRUE(clients.error().text.starts_with("entry 1: ")) << clients.error().text;
    EXPECT_NE(clients.error().text.find(fault), std::string::npos) << clients.error().text;
  }
}

TEST(ClientFile, what_parsers_disagree_about_is_refused) {
  const auto no_variables = [](const std::string&) -> std::optional<std::string> { return {}; };
  for (const auto* text : {"", "[]", "{", R"({"clients":{}})", R"({"clients":[],"more":1})",
                           R"({"clients":[],"clients":[]})", "{\"clients\":[]} x"}) {
    EXPECT_FALSE(read_client_file(text, no_variables)) << text;
  }
  EXPECT_FALSE(read(entry() + "," + entry()));
  EXPECT_FALSE(read(entry(R"("third_party":false,"third_party":true)")));
}

class AppliedClient : public testing::Test {
 protected:
  /// As it is stored, with a secret and the one before.
  Client stored() const {
    Client client = client_of(entry());
    client.secret_hash = "hash";
    client.previous_secret_hash = "older hash";
    client.previous_secret_until = kNoon + std::chrono::hours(1);
    client.created_at = kNoon - std::chrono::hours(1);
    return client;
  }
};

TEST_F(AppliedClient, secrets_and_creation_stay) {
  const Client before = stored();
  const Client after = applied(&before, client_of(entry()), kNoon);
  EXPECT_EQ(after.secret_hash, "hash");
  EXPECT_EQ(after.previous_secret_hash, "older hash");
  EXPECT_EQ(after.previous_secret_until, before.previous_secret_until);
  EXPECT_EQ(after.created_at, before.created_at);
  EXPECT_TRUE(differences(&before, after).empty());
}

TEST_F(AppliedClient, a_secret_of_the_environment_leaves_the_present_one_valid_for_a_while) {
  const Client before = stored();
  const Client after = applied(&before, client_of(entry(R"("client_secret_env":"SECRET")")), kNoon);
  EXPECT_EQ(after.secret_hash, hash_client_secret(kSecret));
  EXPECT_EQ(after.previous_secret_hash, "hash");
  EXPECT_EQ(after.previous_secret_until, kNoon + kSecretOverlap);
  const Client again = applied(&after, client_of(entry(R"("client_secret_env":"SECRET")")),
                               kNoon + std::chrono::hours(1));
  EXPECT_EQ(again.previous_secret_hash, "hash");
  EXPECT_EQ(again.previous_secret_until, kNoon + kSecretOverlap);
}

TEST_F(AppliedClient, another_authentication_ends_the_secrets) {
  const Client before = stored();
  for (const auto& members :
       {std::string(R"("token_endpoint_auth_method":"none")"), "\"jwks\":" + kJwks}) {
    const Client after = applied(&before, client_of(entry(members)), kNoon);
    EXPECT_EQ(after.secret_hash + after.previous_secret_hash, "") << members;
    EXPECT_FALSE(differences(&before, after).empty());
  }
}

TEST_F(AppliedClient, each_member_that_differs_is_a_line) {
  const Client before = stored();
  const Client after = applied(
      &before, client_of(entry(R"("third_party":true,"client_uri":"https://a.example")")), kNoon);
  EXPECT_THAT(
      differences(&before, after),
      testing::UnorderedElementsAre("third_party: false -> true", "client_uri: https://a.example"));
}

}  // namespace
}  // namespace postern
