// Which handler serves which method and path.
//
// Thread contract: filled before the server starts, read-only afterwards.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace postern::http {

class Router {
 public:
  /// `path` is exact and canonical, or ends in "/{id}", which stands for any one last segment where
  /// no exact path fits; the handler finds it in the request's path. GET also serves HEAD; OPTIONS
  /// is answered with Allow.
  void add(std::string_view method, std::string_view path, Handler handler);

  /// Never nullptr: unknown paths are answered 404 `not_found`, other methods 405 with Allow.
  const Handler& find(std::string_view method, std::string_view path) const;

 private:
  std::map<std::string, std::map<std::string, Handler, std::less<>>, std::less<>> routes_;
  std::map<std::string, Handler, std::less<>> wrong_method_;
  Handler not_found_ = [](const Request&, Respond respond) {
    respond(problem(404, "not_found", "There is nothing at this path."));
  };
};

}  // namespace postern::http
