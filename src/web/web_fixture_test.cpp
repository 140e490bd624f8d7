#include "web/web_fixture_test.hpp"

#include <boost/json.hpp>

namespace postern {

std::string code_of(const HttpResponse& response) {
  if (response.content_type != "application/problem+json") return "not a problem";
  boost::json::error_code failure;
  const auto body = boost::json::parse(response.body, failure);
  if (failure || !body.is_object()) return "not JSON";
  const auto* code = body.get_object().if_contains("code");
  return code && code->is_string() ? std::string(code->get_string()) : "no code";
}

}  // namespace postern
