// Which handler serves which method and path.
//
// Thread contract: filled before the server starts, read-only afterwards.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "http/message.hpp"
#include "http/route_counts.hpp"

namespace postern::http {

class Router {
 public:
  /// `path` is exact and canonical, or ends in "/{id}", which stands for any one last segment where
  /// no exact path fits; the handler finds it in the request's path. GET also serves HEAD; OPTIONS
  /// is answered with Allow.
  void add(std::string_view method, std::string_view path, Handler handler);

  /// Never nullptr: unknown paths are answered 404 `not_found`, other methods 405 with Allow.
  const Handler& find(std::string_view method, std::string_view path) const {
    return match(method, path).handler;
  }

  struct Match {
    const Handler& handler;
    /// Where the answer is to be counted.
    RouteCounts& counts;
  };
  /// As find().
  Match match(std::string_view method, std::string_view path) const;

  /// For requests that no route is asked about, unknown paths among them: "other".
  RouteCounts& other_counts() const { return *other_counts_; }

  /// Calls `look(method, path)` for all that was added.
  template <class Look>
  void each_route(Look look) const {
    for (const auto& [path, route] : routes_) {
      for (const auto& [method, handler] : route.methods) {
        look(std::string_view(method), std::string_view(path));
      }
    }
  }

  /// Calls `look(route, counts)` for every path, and for "other".
  template <class Look>
  void each_count(Look look) const {
    for (const auto& [path, route] : routes_) look(std::string_view(path), *route.counts);
    look(std::string_view("other"), *other_counts_);
  }

 private:
  struct Route {
    std::map<std::string, Handler, std::less<>> methods = {};
    Handler wrong_method = {};
    /// Counted into while everything else is read-only.
    std::unique_ptr<RouteCounts> counts = std::make_unique<RouteCounts>();
  };

  std::map<std::string, Route, std::less<>> routes_;
  std::unique_ptr<RouteCounts> other_counts_ = std::make_unique<RouteCounts>();
  Handler not_found_ = [](const Request&, Respond respond) {
    respond(problem(404, "not_found", "There is nothing at this path."));
  };
};

}  // namespace postern::http
