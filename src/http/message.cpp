#include "http/message.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "http/status.hpp"
#include "text/ascii.hpp"

namespace postern {

std::string_view HttpRequest::header(std::string_view name) const {
  const auto found = std::ranges::find_if(headers, [name](const HttpHeader& entry) {
    return ascii::equals_ignoring_case(entry.first, name);
  });
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

HttpResponse problem(int status, std::string_view code, std::string_view detail,
                     std::initializer_list<ProblemMember> members) {
  boost::json::object document{{"type", "about:blank"},
                               {"title", status_title(status)},
                               {"status", status},
                               {"detail", detail},
                               {"code", code}};
  for (const auto& [name, value] : members) document[name] = value;
  HttpResponse response;
  response.status = status;
  response.content_type = "application/problem+json";
  response.body = boost::json::serialize(document);
  return response;
}

}  // namespace postern
